"""Which template starts in which mode."""

from pathlib import Path

import pytest

from emulator import server
from emulator.variables import shared_variables
from stack import template
from stack.cloudformation import TemplateError
from stack.functions import Function
from stack.routing import Route
from stack.template import Template

OURS = template.load(Path(__file__).parents[2] / "template.yaml", {"Public": "yes", "Bucket": "no"})
LIMITS = {"IMGSRV_MAX_REQUEST_BYTES": "1000", "IMGSRV_MAX_RESPONSE_BYTES": "1000", "IMGSRV_STORAGE_ROOT": "/mnt/a"}


def function(name, **environment):
    return Function(
        name, "handlers.health.handler", 29, 128, LIMITS | environment, "/mnt/a", (Route("GET", f"/{name}"),)
    )


@pytest.mark.parametrize("mode", ["event", "lambda"])
def test_our_template_starts_in_every_mode(mode, tmp_path):
    assert callable(server.application(mode, OURS, tmp_path))


@pytest.mark.parametrize("mode", ["event", "lambda"])
def test_a_limit_that_the_gateway_does_not_carry_starts_in_none(mode, tmp_path):
    beyond = Template((function("a", IMGSRV_MAX_REQUEST_BYTES="25000000"),))
    with pytest.raises(TemplateError, match="IMGSRV_MAX_REQUEST_BYTES=25000000"):
        server.application(mode, beyond, tmp_path)


def test_functions_that_share_a_process_share_its_environment(tmp_path):
    differ = Template((function("a", TABLE="one"), function("b", TABLE="two")))
    with pytest.raises(TemplateError, match="TABLE differs between functions"):
        shared_variables(differ, tmp_path)


def test_the_mount_becomes_the_storage_folder(tmp_path):
    shared = shared_variables(Template((function("a", OTHER="/mnt/ab", BELOW="/mnt/a/b"),)), tmp_path)
    assert shared["IMGSRV_STORAGE_ROOT"] == str(tmp_path)
    assert (shared["OTHER"], shared["BELOW"]) == ("/mnt/ab", str(tmp_path / "b"))
