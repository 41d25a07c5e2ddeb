"""Forms: what is read of them, and the sentence for each that cannot be."""

import asyncio

import pytest
from starlette.requests import Request

from core import errors
from core.web import forms

BOUNDARY = "frontier"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
LIMIT = 600_000


def part(name="file", filename="a.jpg", content=b"x"):
    named = "" if filename is None else f'; filename="{filename}"'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form(*parts):
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def read(body, chunk=1 << 16, content_type=CONTENT_TYPE, named=False, **headers):
    """What `read_upload` makes of a body that arrives in chunks."""
    chunks = [body[start : start + chunk] for start in range(0, len(body), chunk)] or [b""]
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages[-1]["more_body"] = False
    given = {"content-type": content_type} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in given.items() if value is not None]

    async def receive():
        return messages.pop(0)

    async def run():
        request = Request({"type": "http", "method": "POST", "headers": raw}, receive)
        file, name = await forms.read_upload(request, LIMIT)
        with file:
            return name if named else file.read()

    return asyncio.run(run())


@pytest.mark.parametrize("size", [1, 262_143, 262_144, 262_145, LIMIT])
@pytest.mark.parametrize("chunk", [999, 1 << 16, 1 << 22])
def test_file_arrives_whole(size, chunk):
    content = bytes(range(251)) * (size // 251 + 1)
    assert read(form(part(content=content[:size])), chunk) == content[:size]


def test_short_memory_changes_nothing(monkeypatch):
    monkeypatch.setattr(forms, "_GATHERED_BY_ALL", 1000)
    content = bytes(range(256)) * 2000
    assert read(form(part(content=content)), 700) == content
    assert forms._Form.gathered_by_all == 0


def test_nothing_stays_gathered_after_a_refusal():
    with pytest.raises(errors.MalformedUpload):
        read(part(content=b"x" * 100_000))
    assert forms._Form.gathered_by_all == 0


def test_name_of_the_file_is_told():
    assert read(form(part(filename="my photo ü.jpg")), named=True) == "my photo ü.jpg"
    assert read(form(part(filename="")), named=True) == ""


def test_text_beside_the_file_is_ignored():
    assert read(form(part("file", None, b"{}"), part(), part("caption", None, b"y"))) == b"x"


def test_file_of_another_name_is_ignored():
    assert read(form(part("preview", "p.jpg", b"y"), part())) == b"x"


TOO_MUCH_TEXT = part("note", None, b"y" * 70_000)
HEADLESS = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\nx\r\n".encode()
LONG = f"multipart/form-data; boundary={'x' * 300}"
BAD_HEADER = f"--{BOUNDARY}\r\nContent Disposition\r\n\r\nx\r\n".encode()


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        pytest.param(form(part("file[]")), errors.MissingFile, "it has the fields 'file[]'", id="brackets"),
        pytest.param(form(part("photo"), part("x", None)), errors.MissingFile, "fields 'photo', 'x'", id="names"),
        pytest.param(form(), errors.MissingFile, "it has no fields", id="empty form"),
        pytest.param(form(part(filename=None)), errors.MissingFile, "is text; send it as a file", id="text"),
        pytest.param(
            form(part(filename=None, content=b"y" * 70_000)), errors.MissingFile, "is text; send", id="photo as text"
        ),
        pytest.param(form(part(), part()), errors.RepeatedFile, "more than one file", id="two files"),
        pytest.param(form(part(content=b"")), errors.EmptyFile, "empty", id="empty file"),
        pytest.param(form(*[part("x", None)] * 17), errors.MalformedUpload, "more than 16 parts", id="many parts"),
        pytest.param(form(TOO_MUCH_TEXT, part()), errors.MalformedUpload, "more than 65536 bytes", id="long text"),
        pytest.param(form(HEADLESS), errors.MalformedUpload, "has no name", id="no name"),
        pytest.param(form(part(), BAD_HEADER), errors.MalformedUpload, "after its part 1", id="bad header"),
        pytest.param(part(), errors.MalformedUpload, "before its closing boundary", id="cut off"),
        pytest.param(b"", errors.MalformedUpload, "before its closing boundary", id="no body"),
        pytest.param(b"\x1f\x8b\x08", errors.MalformedUpload, "does not begin with the boundary", id="gzip, unsaid"),
        pytest.param(form(part(content=b"y" * (LIMIT + 1))), errors.FileTooLarge, "600000 bytes", id="too large"),
    ],
)
@pytest.mark.parametrize("chunk", [100, 1 << 20])
def test_unusable_form_has_its_own_sentence(body, kind, sentence, chunk):
    with pytest.raises(kind) as caught:
        read(body, chunk)
    assert sentence in caught.value.detail


@pytest.mark.parametrize(
    ("headers", "kind", "sentence"),
    [
        pytest.param({"content_type": "image/jpeg"}, errors.NotMultipart, "multipart/form-data", id="no form"),
        pytest.param({"content_type": None}, errors.NotMultipart, "multipart/form-data", id="no type"),
        pytest.param({"content_type": "multipart/form-data"}, errors.MalformedUpload, "no boundary", id="no boundary"),
        pytest.param(
            {"content_type": f"multipart/form-data; boundary={'x' * 300}"},
            errors.MalformedUpload,
            "too long",
            id="long",
        ),
        pytest.param({"content_encoding": "gzip"}, errors.EncodedUpload, "without compressing", id="gzip"),
        pytest.param({"content_length": "9" * 5000}, errors.FileTooLarge, "600000 bytes", id="declared"),
    ],
)
def test_unusable_headers_have_their_own_sentence(headers, kind, sentence):
    with pytest.raises(kind) as caught:
        read(form(part()), **headers)
    assert sentence in caught.value.detail
