"""The body of an upload: one file out of a multipart form, checked while it arrives.

The parser is Starlette's (python-multipart); what is ours is when to stop: at the limit, not after
it, and at a form that ends before its last boundary. The file is spooled, so it costs no memory.
"""

from collections.abc import AsyncGenerator
from typing import BinaryIO

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from core.errors import EmptyFile, FileTooLarge, MalformedUpload, MissingFile, NotMultipart, RepeatedFile
from core.volume.durable import storage_errors

FIELD = "file"
_GATHERED = 1 << 18  # bytes; the spool is written in a thread, and each time costs as much as writing so many
_FORM_OVERHEAD = 64 * 1024  # bytes beside the file that a form may hold: headers, boundaries, small fields


class _Parser(MultiPartParser):
    """Knows whether it saw the closing boundary, without which a cut-off file would pass for a whole one."""

    complete = False

    def on_end(self) -> None:
        self.complete = True


async def read_upload(request: Request, max_bytes: int) -> BinaryIO:
    """The one file of the form's field `file`, spooled, at its start; the caller closes it."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise NotMultipart(f"Send the image as multipart/form-data, in the field {FIELD!r}.")
    parser = _Parser(
        request.headers, _bounded(request, max_bytes), max_files=8, max_fields=8, max_part_size=_FORM_OVERHEAD
    )
    try:
        with storage_errors():  # the spool may be full, too
            form = await parser.parse()
    except (MultiPartException, UnicodeDecodeError, ValueError) as error:
        raise MalformedUpload("The multipart form cannot be read.") from error
    files = [value for name, value in form.multi_items() if name == FIELD]
    try:
        chosen = _only(files, parser.complete, max_bytes)
    except BaseException:
        await form.close()
        raise
    for value in form.values():
        if isinstance(value, UploadFile) and value is not chosen:
            await value.close()
    return chosen.file


def _only(files: list[UploadFile | str], complete: bool, max_bytes: int) -> UploadFile:
    if not complete:
        raise MalformedUpload("The multipart form ends before its closing boundary.")
    if not files:
        raise MissingFile(f"The form has no field {FIELD!r}.")
    if len(files) > 1:
        raise RepeatedFile(f"The form has {len(files)} fields {FIELD!r}; send one image at a time.")
    (file,) = files
    if isinstance(file, str):
        raise MissingFile(f"The field {FIELD!r} is text; send it as a file, with a filename.")
    if not file.size:
        raise EmptyFile("The file is empty.")
    if file.size > max_bytes:
        raise _too_large(max_bytes)
    return file


async def _bounded(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, up to the limit; refuses one that is declared to be longer before reading it."""
    limit = max_bytes + _FORM_OVERHEAD
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise _too_large(max_bytes)
    received = gathered = 0
    pieces: list[bytes] = []
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit:
            raise _too_large(max_bytes)
        pieces.append(chunk)
        gathered += len(chunk)
        if gathered >= _GATHERED:
            yield b"".join(pieces)
            pieces, gathered = [], 0
    yield b"".join(pieces)


def _too_large(max_bytes: int) -> FileTooLarge:
    return FileTooLarge(f"The file is larger than {max_bytes} bytes, the most that is accepted.", limit=max_bytes)
