"""Settings: frozen, from IMGSRV_*, refused with one clear line."""

import dataclasses
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import Settings
from core.sizes import Size


def test_the_defaults_are_those_that_are_documented():
    settings = Settings.from_env({})
    assert settings.storage_root == Path("storage").resolve()
    assert (settings.max_upload_bytes, settings.decode_memory) == (100_000_000, 1 << 30)
    assert settings.workers >= 1


def test_every_field_is_read_from_its_variable():
    samples = {
        "storage_root": "/srv/x",
        "lock_timeout": "2.5",
        "log_level": "DEBUG",
        "sizes": "own-banner=77x77",
        "resource_policy": "same-site",
        "base_path": "/photos",
    }
    samples |= {field.name: "yes" for field in dataclasses.fields(Settings) if field.type is bool}
    environment = {
        f"IMGSRV_{field.name.upper()}": samples.get(field.name, "77") for field in dataclasses.fields(Settings)
    }
    settings = Settings.from_env(environment | {"OTHER": "x"})
    assert settings.storage_root == Path("/srv/x")
    assert settings.sizes["own-banner"] == Size(77, 77)
    others = {field.name: getattr(settings, field.name) for field in dataclasses.fields(Settings)}
    del others["storage_root"], others["sizes"], others["resource_policy"], others["base_path"]
    assert set(others.values()) == {77, "77", 2.5, "DEBUG", True}


def test_memory_of_a_decode_follows_from_a_function():
    deployed = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"}
    assert Settings.from_env(deployed).limits.decode_memory == 768 << 20
    assert Settings.from_env(deployed | {"IMGSRV_DECODE_MEMORY": "5"}).limits.decode_memory == 5


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().decode_memory = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IMGSRV_MAX_UPLOAD_BYTES", "0"),
        ("IMGSRV_MAX_UPLOAD_BYTES", "1e6"),
        ("IMGSRV_DECODE_MEMORY", "0"),
        ("IMGSRV_LOCK_TIMEOUT", "-1"),
        ("IMGSRV_LOCK_TIMEOUT", "nan"),
        ("IMGSRV_DECODE_WORKERS", "two"),
        ("IMGSRV_STORAGE_ROOT", ""),
        ("IMGSRV_LOG_LEVEL", "LOUD"),
        ("IMGSRV_RESOURCE_POLICY", "any"),
        ("IMGSRV_UNKNOWN", "1"),
    ],
)
def test_unusable_value_is_refused_in_one_line(variable, value):
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({variable: value})
    assert variable in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_can_be_a_key_of_a_cache():
    settings = Settings()
    assert {settings: 1}[settings] == 1
