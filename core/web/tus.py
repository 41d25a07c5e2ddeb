"""The headers and bodies of tus 1.0.0, the protocol of resumable uploads.

This module checks what a request says; core/uploads has the state of uploads.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from email.utils import formatdate
from tempfile import SpooledTemporaryFile

from starlette.requests import ClientDisconnect, Request

from core.errors import (
    ChecksumMismatch,
    EmptyFile,
    FileTooLarge,
    InvalidRequest,
    NotAChunk,
    RequestTimeout,
    TooManyBytes,
    UnsupportedVersion,
)
from core.settings import Settings
from core.uploads import Upload
from core.volume.failures import storage_errors
from core.web import threads
from core.web.paths import image_path, uploads_path

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination,checksum"
ALGORITHMS = ("sha1", "sha256")
CHUNK = "application/offset+octet-stream"

_METADATA_BYTES = 4096  # metadata is stored, and every HEAD returns it
_PIECE, _SMALL_PIECE = 4 << 20, 256 << 10  # bytes gathered in memory before they are written durably
_GATHERED = 64 << 20  # bytes that all requests of this process may gather together; above it pieces are small
_number = re.compile(r"[0-9]{1,18}", re.ASCII).fullmatch
_pair = re.compile(r"[!-+\--~]+(?: [A-Za-z0-9+/]*={0,2})?", re.ASCII).fullmatch
_receiving: set[object] = set()  # requests that are gathering bytes


def require_version(request: Request) -> None:
    """Raises UnsupportedVersion unless the request has a supported version of tus."""
    if request.headers.get("tus-resumable") != VERSION:
        raise UnsupportedVersion(f"Send Tus-Resumable: {VERSION}.", version=VERSION)


def capabilities(settings: Settings) -> dict[str, str]:
    """The headers of the answer to OPTIONS."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(settings.max_upload_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def progress(settings: Settings, upload: Upload) -> dict[str, str]:
    """An upload's progress as headers, with its image once that exists."""
    headers = {
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": formatdate(upload.expires(settings), usegmt=True),
        "Cache-Control": "no-store",
    }
    if upload.is_complete and upload.image_id:
        path = image_path(upload.project_id, upload.image_id)
        headers |= {"Upload-Image-Id": upload.image_id, "Content-Location": path}
    return headers


def upload_path(upload: Upload) -> str:
    """The relative URL of an upload."""
    return f"{uploads_path(upload.project_id)}/{upload.id}"


def length(request: Request, settings: Settings) -> int:
    """The declared length of the file, in bytes; InvalidRequest, EmptyFile, FileTooLarge."""
    if "upload-defer-length" in request.headers:
        raise InvalidRequest("Say the file's length in Upload-Length; it cannot be told later.")
    announced = _integer(request, "Upload-Length")
    if not announced:
        raise EmptyFile("The file is empty.")
    if announced > settings.max_upload_bytes:
        limit = settings.max_upload_bytes
        raise FileTooLarge(f"The file is larger than {limit} bytes, the most that is accepted.", limit=limit)
    return announced


def offset(request: Request) -> int:
    """The offset of the request's bytes; NotAChunk, InvalidRequest."""
    require_chunk(request)
    return _integer(request, "Upload-Offset")


def require_chunk(request: Request) -> None:
    """Raises NotAChunk unless the body is declared as bytes of an upload."""
    if request.headers.get("content-type", "").strip().lower() != CHUNK:
        raise NotAChunk(f"Send the bytes as Content-Type: {CHUNK}.")


def metadata(request: Request) -> bytes:
    """Upload-Metadata as it was sent; InvalidRequest when it is malformed or long."""
    text = ",".join(request.headers.getlist("upload-metadata")).strip()
    if len(text) > _METADATA_BYTES:
        raise InvalidRequest(f"Upload-Metadata is longer than {_METADATA_BYTES} bytes.")
    if text and not all(_pair(pair.strip()) for pair in text.split(",")):
        raise InvalidRequest("Upload-Metadata is a list of keys, each with a value in base64: name cGhvdG8=,other")
    return text.encode("latin-1")


def file_name(metadata: str) -> str:
    """The client's name for its file: `filename` or `name` in Upload-Metadata; empty when it has neither."""
    values = dict(pair.strip().partition(" ")[::2] for pair in metadata.split(","))
    with suppress(binascii.Error):
        return base64.b64decode(values.get("filename") or values.get("name") or "").decode(errors="replace")
    return ""


def carries_bytes(request: Request) -> bool:
    """Whether the request has a body."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def declared(request: Request) -> int:
    """The declared length of the body in bytes; 0 when it is not declared."""
    text = request.headers.get("content-length", "")
    return int(text) if _number(text) else 0


async def pieces(request: Request, upload: Upload) -> AsyncIterator[bytes]:
    """The body in pieces; with Upload-Checksum only after the whole body was found to match.

    TooManyBytes as soon as there are more than `upload` lacks; of a body with a checksum nothing was yielded then.

    ClientDisconnect when the client goes away, RequestTimeout when it is too slow; both are raised after the bytes
    that arrived, except for a body with a checksum, which then yields nothing.
    """
    checksum = _checksum(request)
    if checksum is None:
        async for piece in _bounded(request, upload):
            yield piece
        return
    algorithm, wanted = checksum
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with storage_errors(), SpooledTemporaryFile(_PIECE) as spool:
        async for piece in _bounded(request, upload):
            await threads.run(digest.update, piece)
            await threads.run(spool.write, piece)
        if digest.digest() != wanted:
            raise ChecksumMismatch(f"The bytes do not have this {algorithm} checksum; they were not taken.")
        spool.seek(0)
        while piece := await threads.run(spool.read, _PIECE):
            yield piece


async def _bounded(request: Request, upload: Upload) -> AsyncIterator[bytes]:
    left = upload.length - upload.offset
    if declared(request) > left:
        raise _too_many(upload)
    async for piece in _gathered(request):
        left -= len(piece)
        if left < 0:
            raise _too_many(upload)
        yield piece


async def _gathered(request: Request) -> AsyncIterator[bytes]:
    chunks: list[bytes] = []
    size = 0
    gone: Exception | None = None
    _receiving.add(ticket := object())
    try:
        try:
            async for chunk in request.stream():
                chunks.append(chunk)
                size += len(chunk)
                if size >= max(_SMALL_PIECE, min(_PIECE, _GATHERED // len(_receiving))):
                    yield b"".join(chunks)
                    chunks, size = [], 0
        except (ClientDisconnect, RequestTimeout) as error:
            gone = error
        if size:
            yield b"".join(chunks)
        if gone:
            raise gone
    finally:
        _receiving.discard(ticket)


def _too_many(upload: Upload) -> TooManyBytes:
    return TooManyBytes(f"The upload was created for {upload.length} bytes.", length=upload.length)


def _checksum(request: Request) -> tuple[str, bytes] | None:
    """The algorithm and the digest of Upload-Checksum, if any."""
    text = request.headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidRequest(f"Upload-Checksum is one of {', '.join(ALGORITHMS)}, and the digest in base64.")
    try:
        return algorithm, base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest("The digest of Upload-Checksum is not base64.") from None


def _integer(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not _number(text):
        raise InvalidRequest(f"{name} is needed, a whole number of bytes.")
    return int(text)


def _header(name: str, description: str, required: bool = True, **schema: object) -> dict[str, object]:
    return {"name": name, "in": "header", "description": description, "required": required, "schema": schema}


# OpenAPI descriptions of requests, beside what FastAPI gets from a function's parameters.
_VERSIONED = _header("Tus-Resumable", "The version of the protocol.", type="string", enum=[VERSION])
_CHECKSUM = _header("Upload-Checksum", "`sha1` or `sha256`, and the body's digest in base64.", False, type="string")
_BODY = {"content": {CHUNK: {"schema": {"type": "string", "format": "binary"}}}}
ANY_REQUEST = {"parameters": [_VERSIONED]}
CREATION = {
    "parameters": [
        _VERSIONED,
        _header("Upload-Length", "The file's bytes.", type="integer", minimum=1),
        _header("Upload-Metadata", "Keys, each with a value in base64, as `filename cGhvdG8=`.", False, type="string"),
        _CHECKSUM,
    ],
    "requestBody": _BODY,
}
APPENDING = {
    "parameters": [
        _VERSIONED,
        _header("Upload-Offset", "Where the body goes: the bytes stored so far.", type="integer", minimum=0),
        _CHECKSUM,
    ],
    "requestBody": {"required": True, **_BODY},
}
