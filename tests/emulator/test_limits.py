import pytest

from emulator.limits import check_settings
from stack.cloudformation import TemplateError
from stack.functions import Function
from stack.routing import Route
from stack.template import Template


def template(**environment):
    environment = {"IMGSRV_STORAGE_ROOT": "/mnt/images/tree"} | environment
    return Template((Function("Read", "a.b", 29, 128, environment, "/mnt/images", (Route("GET", "/a"),)),))


def test_settings_within_what_the_gateway_carries_pass():
    check_settings(template(IMGSRV_MAX_REQUEST_BYTES="4500000", IMGSRV_MAX_RESPONSE_BYTES="4700000"))


@pytest.mark.parametrize(("upload", "response"), [("4800000", "1"), ("1", "4800000"), ("1", "0"), ("many", "1")])
def test_a_limit_that_the_gateway_does_not_carry_stops_the_start(upload, response):
    with pytest.raises(TemplateError, match=r"Read: IMGSRV_MAX_\w+_BYTES=\w+ must be 1 to 4\d{6}, which the gateway"):
        check_settings(template(IMGSRV_MAX_REQUEST_BYTES=upload, IMGSRV_MAX_RESPONSE_BYTES=response))


def test_a_limit_that_is_not_set_stops_the_start():
    with pytest.raises(TemplateError, match="IMGSRV_MAX_RESPONSE_BYTES=None"):
        check_settings(template(IMGSRV_MAX_REQUEST_BYTES="1"))


@pytest.mark.parametrize("root", ["/mnt/imagesx", "storage", "/mnt"])
def test_a_storage_root_that_is_not_on_the_mount_stops_the_start(root):
    sizes = {"IMGSRV_MAX_REQUEST_BYTES": "1", "IMGSRV_MAX_RESPONSE_BYTES": "1"}
    with pytest.raises(TemplateError, match=rf"Read: IMGSRV_STORAGE_ROOT={root} is not on its mount \(/mnt/images\)"):
        check_settings(template(**sizes, IMGSRV_STORAGE_ROOT=root))
