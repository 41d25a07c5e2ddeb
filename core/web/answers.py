"""Answers to reads: conditional requests (304), byte ranges (206, 416), HEAD; RFC 9110.

A body too large for one answer is redirected (307) or must be read in ranges (413 says so). A range is cut to fit.

An answer is an ASGI callable that holds what it will send, so that nothing can change between its headers
and its body: a file is an open descriptor, and its size and times come from that descriptor.
"""

import os
import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from starlette.types import Message, Receive, Scope, Send

from core.errors import PreconditionFailed, ResponseTooLarge
from core.projects import OpenFile
from core.settings import Settings
from core.web import threads
from core.web.bucket import Copy
from core.web.conditions import Headers, conditions, date, http_date, is_fresh, names, parse_range, quoted

# Only requests with an Origin get CORS headers, so a cached answer to a plain <img> must not serve a later fetch().
# Whatever type a browser assumes for an answer, it must not run anything.
_ALWAYS = (
    (b"vary", b"origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
)
_END: Message = {"type": "http.response.body"}
_CHUNK = 1 << 20  # bytes; larger bodies are read and sent in pieces, so a slow client holds one piece in memory


@lru_cache(maxsize=8)
def lasting(settings: Settings) -> bytes:
    """The Cache-Control of a resource that never changes but may be deleted: for as long as the settings say."""
    if settings.private_reads:
        return b"private, max-age=%d, immutable" % settings.browser_age
    return b"public, max-age=%d, s-maxage=%d, immutable" % (settings.browser_age, settings.edge_age)


def _asked_again(settings: Settings) -> bytes:
    """The Cache-Control of a resource that may change at any time."""
    return b"private, no-cache" if settings.private_reads else b"no-cache"


class Answer:
    """A body with a strong ETag; one answer carries at most `limit` bytes of it (0: no limit)."""

    length = 0
    modified: float | None = None  # seconds since 1970

    def __init__(self, etag: str | None, content_type: bytes, cache: bytes, limit: int) -> None:
        self.etag = quoted(etag)
        self._fixed = [(b"cache-control", cache), *_ALWAYS]
        self._content_type = content_type
        self._limit = limit

    async def prepare(self) -> None:
        """Makes the body; called only if the client does not have it yet."""

    async def send_body(self, scope: Scope, send: Send, start: int, stop: int) -> None:
        """Sends these bytes of the body, and the end of the answer."""
        raise NotImplementedError

    async def elsewhere(self) -> str:
        """A URL of the whole body, for a body too large for one answer; ResponseTooLarge if there is none."""
        raise ResponseTooLarge(
            f"This is {self.length} bytes, and one answer carries at most {self._limit} here. Ask for ranges of at "
            f"most so many bytes, or for less of it: a picture in the size `medium`, a shorter page of a list.",
            length=self.length,
            limit=self._limit,
        )

    def close(self) -> None:
        """Releases what the answer holds."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = conditions(scope["headers"])
            prepared = self.etag is None  # only preparing shows whether it exists, and in which version
            if prepared:
                await self.prepare()
            if request:
                self._require_match(request)
                if self._unchanged(request):
                    await send({"type": "http.response.start", "status": 304, "headers": self._validators()})
                    await send(_END)
                    return
            if not prepared:
                await self.prepare()
            start, stop, status = 0, self.length, 200
            if request and scope["method"] == "GET":
                start, stop, status = self._range(request)
            if status == 200 and 0 < self._limit < self.length and scope["method"] == "GET":
                await _redirect(await self.elsewhere(), send)
                return
            headers = self._describe(start, stop, status)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            if scope["method"] == "HEAD":
                await send(_END)
            else:
                await self.send_body(scope, send, start, stop)
        finally:
            self.close()

    def _describe(self, start: int, stop: int, status: int) -> Headers:
        headers = [
            (b"content-type", self._content_type),
            (b"content-length", b"%d" % (stop - start)),
            *self._validators(),
        ]
        if status == 206:
            headers.append((b"content-range", b"bytes %d-%d/%d" % (start, stop - 1, self.length)))
        return headers

    def _validators(self) -> Headers:
        validators = [*self._fixed, (b"accept-ranges", b"bytes")]
        if self.etag:
            validators.append((b"etag", self.etag))
        if self.modified is not None:
            validators.append((b"last-modified", http_date(int(self.modified))))
        return validators

    def _unchanged(self, request: dict[bytes, bytes]) -> bool:
        """Whether the client has this version: by If-None-Match, or without it by If-Modified-Since."""
        if b"if-none-match" in request:
            return is_fresh(request[b"if-none-match"], self.etag)
        since = date(request.get(b"if-modified-since"))
        return since is not None and self.modified is not None and int(self.modified) <= since

    def _require_match(self, request: dict[bytes, bytes]) -> None:
        """Raises PreconditionFailed when If-Match names another version; compared strongly."""
        wanted = request.get(b"if-match")
        if wanted is not None and wanted.strip() != b"*" and self.etag not in names(wanted):
            raise PreconditionFailed("This is not the version that If-Match names.")
        since = date(request.get(b"if-unmodified-since")) if wanted is None else None
        if since is not None and self.modified is not None and int(self.modified) > since:
            raise PreconditionFailed("It was modified after the time that If-Unmodified-Since names.")

    def _range(self, request: dict[bytes, bytes]) -> tuple[int, int, int]:
        """(start, stop, status) of one byte range; several ranges, or another unit, are answered like no range."""
        span = None
        if b"range" in request and self._range_holds(request.get(b"if-range")):
            span = parse_range(request[b"range"], self.length)
        if span is None:
            return 0, self.length, 200
        start, stop = span
        return start, min(stop, start + self._limit) if self._limit else stop, 206

    def _range_holds(self, condition: bytes | None) -> bool:
        if condition is None or condition == self.etag:
            return True
        return self.modified is not None and date(condition) == int(self.modified)


async def _redirect(url: str, send: Send) -> None:
    headers = [(b"location", url.encode()), (b"content-length", b"0"), (b"cache-control", b"no-store"), *_ALWAYS]
    await send({"type": "http.response.start", "status": 307, "headers": headers})
    await send(_END)


class FileAnswer(Answer):
    """An open JPEG that is closed after it is sent; `name` is the part of its ETag that distinguishes images.

    `lasts` says that its URL will never show another file. `copy` is the copy that clients read when the file is too
    large for one answer.
    """

    def __init__(
        self,
        settings: Settings,
        file: OpenFile,
        name: str,
        lasts: bool,
        download: str | None = None,
        copy: Copy | None = None,
    ) -> None:
        self._descriptor, status = file
        self._copy = copy
        self.length = status.st_size
        # A URL that may later show another file, older or from the same second, has no date: only its ETag is safe.
        self.modified = status.st_mtime if lasts else None
        etag = f"{name}-{status.st_mtime_ns:x}-{status.st_size:x}"
        cache = lasting(settings) if lasts else _asked_again(settings)
        super().__init__(etag, b"image/jpeg", cache, settings.max_response_bytes)
        self._fixed.append((b"content-disposition", disposition(name, download)))
        if settings.resource_policy:
            self._fixed.append((b"cross-origin-resource-policy", settings.resource_policy.encode()))

    async def send_body(self, scope: Scope, send: Send, start: int, stop: int) -> None:
        while start < stop and (chunk := os.pread(self._descriptor, min(_CHUNK, stop - start), start)):
            start += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": start < stop})
        if start < stop or not self.length:
            # The file was shortened meanwhile: the server sees that bytes are missing and cuts the connection.
            await send(_END)

    async def elsewhere(self) -> str:
        if self._copy is None:
            return await super().elsewhere()
        own = dict(self._fixed)
        headers = {"CacheControl": own[b"cache-control"], "ContentDisposition": own[b"content-disposition"]}
        sent = {name: value.decode() for name, value in headers.items()}
        return await threads.run(self._copy.url, self._descriptor, sent)

    def close(self) -> None:
        os.close(self._descriptor)


class FoundAnswer(Answer):
    """A FileAnswer for a file that takes long to find: `find` is called in a thread."""

    def __init__(self, find: Callable[[], FileAnswer]) -> None:
        self._find = find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await threads.run(self._find)
        await answer(scope, receive, send)


class Made(NamedTuple):
    """JSON, its version, and the URL of the next page."""

    etag: str | None
    content: bytes
    following: str | None = None


class JsonAnswer(Answer):
    """JSON that `make` makes only when the client does not have the version `etag`."""

    def __init__(self, settings: Settings, etag: str | None, make: Callable[[], Made]) -> None:
        super().__init__(etag, b"application/json", _asked_again(settings), settings.max_response_bytes)
        self._make = make

    async def prepare(self) -> None:
        etag, self._content, following = await threads.run(self._make)  # a long list takes a while
        self.etag = quoted(etag)
        self.length = len(self._content)
        self._link = [(b"link", f'<{following}>; rel="next"'.encode())] if following else []

    def _describe(self, start: int, stop: int, status: int) -> Headers:
        return super()._describe(start, stop, status) + self._link

    async def send_body(self, scope: Scope, send: Send, start: int, stop: int) -> None:
        await send({"type": "http.response.body", "body": self._content[start:stop]})


def disposition(name: str, download: str | None) -> bytes:
    """The Content-Disposition of a picture: show it, or with `download` save it, under that name if it is not empty."""
    if download is None:
        return b'inline; filename="%s.jpg"' % name.encode()
    stem = "".join(c for c in download if c.isprintable() and c not in '/\\:*?"<>|').strip(". ")[:150]
    stem = re.sub(r"\.(jpe?g|png|webp|gif|tiff?|bmp|avif|hei[cf])$", "", stem, flags=re.IGNORECASE) or name
    ascii_only = stem.encode("ascii", "replace").replace(b"?", b"_")
    return b"attachment; filename=\"%s.jpg\"; filename*=UTF-8''%s.jpg" % (ascii_only, quote(stem).encode())
