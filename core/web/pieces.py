"""The body of a request of a resumable upload, in pieces that are gathered in memory, to be written durably.

Guarantees: no more is yielded than the upload lacks; with Upload-Checksum nothing is, until all of it was found to
match.
"""

import base64
import binascii
import hashlib
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile

from starlette.requests import ClientDisconnect, Request

from core.errors import ChecksumMismatch, InvalidRequest, RequestTimeout, TooManyBytes
from core.uploads import Upload
from core.volume.failures import storage_errors
from core.web import threads
from core.web.bodies import declared
from core.web.tus import ALGORITHMS

_PIECE, _SMALL_PIECE = 4 << 20, 256 << 10  # bytes
_GATHERED = 64 << 20  # bytes that all requests of this process may gather together; above it pieces are small
_receiving: set[object] = set()  # requests that are gathering bytes


async def pieces(request: Request, upload: Upload) -> AsyncIterator[bytes]:
    """The body; TooManyBytes as soon as there are more bytes than `upload` lacks.

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
