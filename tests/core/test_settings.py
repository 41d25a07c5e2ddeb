"""Settings: frozen, from IMGSRV_*, refused with one clear line."""

import dataclasses
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import Settings


def test_the_defaults_are_those_that_are_documented():
    settings = Settings.from_env({})
    assert settings.storage_root == Path("storage")
    assert (settings.max_upload_bytes, settings.max_pixels, settings.max_side) == (25_000_000, 50_000_000, 12_000)
    assert settings.workers >= 1


def test_every_field_is_read_from_its_variable():
    samples = {"storage_root": "/srv/x", "lock_timeout": "2.5", "log_level": "DEBUG"}
    samples |= dict.fromkeys(("authorizer", "private_reads"), "yes")
    environment = {
        f"IMGSRV_{field.name.upper()}": samples.get(field.name, "77") for field in dataclasses.fields(Settings)
    }
    settings = Settings.from_env(environment | {"OTHER": "x"})
    assert settings.storage_root == Path("/srv/x")
    others = {name: value for name, value in dataclasses.asdict(settings).items() if name != "storage_root"}
    assert set(others.values()) == {77, "77", 2.5, "DEBUG", True}


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().max_pixels = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IMGSRV_MAX_UPLOAD_BYTES", "0"),
        ("IMGSRV_MAX_UPLOAD_BYTES", "1e6"),
        ("IMGSRV_MAX_SIDE", "65536"),
        ("IMGSRV_LOCK_TIMEOUT", "-1"),
        ("IMGSRV_LOCK_TIMEOUT", "nan"),
        ("IMGSRV_DECODE_WORKERS", "two"),
        ("IMGSRV_STORAGE_ROOT", ""),
        ("IMGSRV_LOG_LEVEL", "LOUD"),
        ("IMGSRV_UNKNOWN", "1"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_one_line_that_names_it(variable, value):
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({variable: value})
    assert variable in str(caught.value)
    assert "\n" not in str(caught.value)
