"""The body of an upload: one file from a multipart form, checked while it arrives.

Guarantees: reading stops at the limit, not after it; a form that ends before its last boundary is rejected; an
unreadable form is rejected with a sentence that says why. The parser is python-multipart's.

Only the file in the form's field `file` is kept. It is spooled: in memory up to 256 KiB, beyond that in a
temporary file. Text fields are read and dropped; so are files in other fields, if there is one in `file`.
"""

from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from core.errors import (
    EmptyFile,
    EncodedUpload,
    MalformedUpload,
    MissingFile,
    NotMultipart,
    RepeatedFile,
    StorageFull,
)
from core.settings import current
from core.volume import spool
from core.volume.failures import is_full
from core.web import threads
from core.web.bodies import declared, too_large

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELD = "file"
PARTS = 16  # parts of a form at most
TEXT_BYTES = 64 * 1024  # of all text fields together; the limit of boundaries and part headers, too
_GATHERED = 1 << 18  # bytes; the spool is written in a thread, and each switch costs as much as writing this many
_GATHERED_BY_ALL = 1 << 25  # bytes that all uploads of this process may gather; above it each is spooled at once
_NAMED = 8  # fields of a form that a refusal names, each with at most 5 * 8 characters


class Upload(NamedTuple):
    """A file, positioned at its start, which the caller must close, and the client's name for it, as sent."""

    file: BinaryIO
    name: str


async def read_upload(request: Request, max_bytes: int) -> Upload:
    """Reads the file in the form's field `file`, spooled."""
    form = _Form(_boundary(request), max_bytes)
    try:
        await _read(request, form, max_bytes)
        return Upload(form.only_file(), form.name)
    except BaseException:
        form.spool.close()
        raise
    finally:
        form.forget()


def _boundary(request: Request) -> bytes:
    """The form's boundary, from the headers; raises if they are not a form's."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind.strip().lower() != b"multipart/form-data":
        raise NotMultipart(f"Send the image as multipart/form-data, in the field {FIELD!r}.")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise EncodedUpload("The body has a Content-Encoding; send the form as it is, without compressing it.")
    boundary = options.get(b"boundary")
    if not boundary:
        raise MalformedUpload(
            "The Content-Type has no boundary; leave it to the library that makes the form to write this header."
        )
    return boundary


async def _read(request: Request, form: "_Form", max_bytes: int) -> None:
    """Feeds the body to `form`, up to the limit; rejects a body declared to be longer before reading it."""
    limit = max_bytes + TEXT_BYTES
    if declared(request) > limit:
        raise too_large(max_bytes)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit:
            raise too_large(max_bytes)
        form.feed(chunk)
        if form.is_due():
            await threads.run(form.write)
            form.forget()
    await threads.run(form.write)


class _Form:
    """A form as far as it has arrived. The parser calls its methods `on_...`."""

    gathered_by_all = 0  # bytes, over all forms of this process

    def __init__(self, boundary: bytes, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._gathered = bytearray()  # bytes of the file that are not yet in the spool
        self._size = self._files = self._text = 0
        self._fields: list[str] = []
        self._ended = False
        self.name = ""
        callbacks = {name: getattr(self, name) for name in dir(self) if name.startswith("on_")}
        try:
            self._parser = MultipartParser(boundary, cast("MultipartCallbacks", callbacks))
        except FormParserError:
            raise MalformedUpload("The boundary in the Content-Type is too long.") from None
        folder = spool.spool_folder(current().storage_root, max_bytes)
        self.spool = SpooledTemporaryFile(max_size=_GATHERED, dir=folder)  # noqa: SIM115  (the reader closes it)

    def feed(self, chunk: bytes) -> None:
        """Parses the next bytes of the body."""
        before = len(self._gathered)
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MalformedUpload(self._unreadable()) from error
        _Form.gathered_by_all += len(self._gathered) - before

    def is_due(self) -> bool:
        """Whether the gathered bytes should be written."""
        return len(self._gathered) > (0 if _Form.gathered_by_all > _GATHERED_BY_ALL else _GATHERED)

    def write(self) -> None:
        """Writes the gathered bytes to the spool; may wait for a disk."""
        try:
            if _Form.gathered_by_all > _GATHERED_BY_ALL:
                self.spool.rollover()
            self.spool.write(self._gathered)
        except OSError as error:
            if not is_full(error):
                raise
            raise StorageFull("There is no room left for the body of an upload while it arrives.") from error

    def forget(self) -> None:
        """Drops the gathered bytes."""
        _Form.gathered_by_all -= len(self._gathered)
        self._gathered = bytearray()

    def only_file(self) -> BinaryIO:
        """Returns the spooled file; raises what is wrong with the form as a whole."""
        if not self._ended:
            raise MalformedUpload("The multipart form ends before its closing boundary.")
        if not self._files:
            raise MissingFile(self._without_file())
        if not self._size:
            raise EmptyFile("The file is empty.")
        self.spool.seek(0)
        return cast(BinaryIO, self.spool)

    def on_part_begin(self) -> None:
        if len(self._fields) == PARTS:
            raise MalformedUpload(f"The form has more than {PARTS} parts, the most that are read.")
        self._header = self._value = self._disposition = b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        if name is None:
            raise MalformedUpload("A part of the form has no name; each needs a Content-Disposition with one.")
        self._is_file, self._is_wanted = b"filename" in options, False
        self._fields.append(name.decode(errors="replace"))
        if self._is_file and name == FIELD.encode():
            self._is_wanted, self._files = True, self._files + 1
            self.name = options[b"filename"].decode(errors="replace")
            if self._files > 1:
                raise RepeatedFile(f"The form has more than one file in the field {FIELD!r}; send one image at a time.")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_wanted:
            self._size += end - start
            if self._size > self._max_bytes:
                raise too_large(self._max_bytes)
            self._gathered += data[start:end]
        elif not self._is_file:
            self._text += end - start
            if self._text > TEXT_BYTES:
                self._refuse_text()

    def on_end(self) -> None:
        self._ended = True

    def _refuse_text(self) -> None:
        if self._fields[-1] == FIELD and not self._files:  # a file sent as text
            raise MissingFile(self._without_file())
        raise MalformedUpload(f"The form's text fields hold more than {TEXT_BYTES} bytes, the most that is read.")

    def _without_file(self) -> str:
        if FIELD in self._fields:
            return f"The field {FIELD!r} is text; send it as a file, with a filename."
        named = ", ".join(repr(name[: 5 * _NAMED]) for name in self._fields[:_NAMED])
        return f"The form has no file in the field {FIELD!r}; it has {f'the fields {named}' if named else 'no fields'}."

    def _unreadable(self) -> str:
        if not self._fields:
            return "The body does not begin with the boundary that its Content-Type names, and a part after it."
        return f"The form cannot be read after its part {len(self._fields)}: the header of the next is malformed."
