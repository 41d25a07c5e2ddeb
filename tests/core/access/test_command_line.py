"""python -m core.access: what it prints is good for what it says, by the keys in the environment."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from core import settings
from core.access import keys, tokens, urls
from core.access.__main__ import main

PATH = "/projects/123/images/abc"


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs one command, with a new key in the environment, and returns what it prints."""

    def run(*arguments):
        settings.current.cache_clear()
        assert main(list(arguments)) == 0
        return capsys.readouterr().out.strip()

    monkeypatch.setenv("IMGSRV_SECRET", run("key"))
    yield run
    settings.current.cache_clear()


def test_token_grants_what_was_asked(command):
    token = command("mint", "--project", "123", "--scope", "upload", "delete", "--subject", "ann", "--max-images", "2")
    grant = tokens.verify(keys.of(settings.current()), token, 86_400)
    assert (grant.project, grant.scopes, grant.subject) == ("123", {"upload", "delete"}, "ann")
    assert grant.max_images == 2


def test_signed_url_shows_one_size(command):
    url = urlsplit(command("sign", f"{PATH}?size=thumb", "--expires", "7d"))
    given = dict(parse_qsl(url.query))
    assert url.path == PATH
    assert urls.holds(keys.of(settings.current()), PATH, "thumb", given)
    assert not urls.holds(keys.of(settings.current()), PATH, "medium", given)


def test_no_key_is_a_sentence(monkeypatch, capsys):
    monkeypatch.delenv("IMGSRV_SECRET", raising=False)
    settings.current.cache_clear()
    assert main(["mint", "--project", "1", "--scope", "read"]) == 2
    assert capsys.readouterr().err == "access: there is no key: set IMGSRV_SECRET or IMGSRV_SECRET_FILE\n"


@pytest.mark.parametrize("time", ["0", "1w", "h", "-1"])
def test_what_is_no_time_is_refused(time, capsys):
    with pytest.raises(SystemExit):
        main(["sign", PATH, f"--expires={time}"])
    assert "is not a time such as" in capsys.readouterr().err
