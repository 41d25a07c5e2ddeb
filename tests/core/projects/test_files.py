"""What is kept of a client's name for a file."""

import fcntl
import io
from hashlib import sha256

import pytest

from core.projects import files


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        (" Ferien am Meer ☀️ 👨‍👩‍👧.heic ", "Ferien am Meer ☀️ 👨‍👩‍👧.heic"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\photo.jpg", "photo.jpg"),
        ("a\r\nSet-Cookie: b\x1b[2J\x00\x7f\x85.jpg", "aSet-Cookie: b[2J.jpg"),
        ("gpj.\u202eexe\u2066\u200f\u061c\u2028", "gpj.exe"),
        ("half \ud83d of a character", "half  of a character"),
        ("x" * 201, "x" * 200),
        ("/", ""),
        ("", ""),
    ],
)
def test_name_is_shown_without_what_does_harm(told, kept):
    assert files.bounded_name(told) == kept


def test_sha256_is_of_the_whole_file():
    content = bytes(range(256)) * 10_000
    file = io.BytesIO(content)
    file.seek(77)
    assert files.sha256(file) == sha256(content).hexdigest()


def test_scratch_file_can_be_sealed():
    with files.scratch("thumb") as file:
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
        assert fcntl.fcntl(file, fcntl.F_GET_SEALS) & fcntl.F_SEAL_WRITE
