"""Secrets: how they are written, and which are refused."""

import pytest

from core.access import keys
from core.errors import SettingsError
from core.settings import Settings

A, B = "a" * 32, "b" * 40


def test_a_secret_alone_needs_no_name():
    assert keys.of(Settings(secret=A)) == {"1": A.encode()}


def test_several_are_named_and_the_first_signs():
    found = keys.of(Settings(secret=f"2026b:{B} 2026a:{A}"))
    assert list(found) == ["2026b", "2026a"]


def test_a_file_holds_one_a_line(tmp_path):
    (tmp_path / "keys").write_text(f"x:{A}\ny:{B}\n")
    assert list(keys.of(Settings(secret_file=str(tmp_path / "keys")))) == ["x", "y"]


@pytest.mark.parametrize("secret", ["short", f"x:{A} x:{B}", f"{A} {B}", f"x:{A} y:short"])
def test_weak_or_ambiguous_secrets_are_refused(secret):
    with pytest.raises(SettingsError) as refused:
        keys.of(Settings(secret=secret))
    assert A not in str(refused.value)


def test_an_empty_or_missing_file_is_refused(tmp_path):
    (tmp_path / "empty").write_text(" \n")
    for name in ("empty", "missing"):
        with pytest.raises(SettingsError, match=name):
            keys.of(Settings(secret_file=str(tmp_path / name)))


def test_urls_have_a_key_of_their_own():
    assert keys.for_urls(A.encode()) != A.encode()


def test_settings_do_not_show_the_secret():
    assert A not in repr(Settings(secret=A))
