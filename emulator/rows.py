"""What `emulator.record` asks a deployed stack and the emulator; docs/emulator.md has the same lines.

In a path and in headers `{p}` is a project of its own, `{i}` an image in it, `{etag}` that image's tag, and `{origin}`
a web origin that the stack allows.
"""

from dataclasses import dataclass

Pairs = tuple[tuple[str, str], ...]
BOUNDARY = "imgsrv-record"
_FORM = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
_JSON = ("Content-Type", "application/json")
_ORIGIN = ("Origin", "{origin}")
_ELSEWHERE = ("Origin", "https://nobody.invalid")
_ASKS = ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "authorization,x-other")
_MB = 1_000_000
GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b")


@dataclass(frozen=True, slots=True)
class Row:
    """One request, and the line of docs/emulator.md that it looks at."""

    about: str
    method: str
    path: str
    headers: Pairs = ()
    body: bytes = b""
    chunked: bool = False


def form(content: bytes) -> bytes:
    """A file of these bytes as a multipart form."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


_IMAGES, _IMAGE = "/projects/{p}/images", "/projects/{p}/images/{i}"
UPLOAD = Row("an upload", "POST", _IMAGES, (_FORM,), form(GIF))

ROWS = (
    Row("unknown route", "GET", "/nowhere"),
    Row("unknown route", "PATCH", "/healthz"),
    Row("unknown route", "HEAD", "/nowhere"),
    Row("request id", "GET", "/healthz"),
    Row("upload limit", "POST", _IMAGES, (_FORM,), form(bytes(46 * _MB // 10))),
    Row("event size", "POST", _IMAGES, (_FORM,), form(bytes(5 * _MB))),
    Row("event size", "POST", _IMAGES, (_FORM,), form(bytes(11 * _MB))),
    Row("head size", "GET", "/healthz", (("X-Long", "x" * 11_000),)),
    Row("the 204 of a preflight", "OPTIONS", _IMAGES, (_ORIGIN, *_ASKS)),
    Row("the 204 of a preflight", "OPTIONS", _IMAGES, (_ELSEWHERE, *_ASKS)),
    Row("the 204 of a preflight", "OPTIONS", "/nowhere", (_ORIGIN, *_ASKS)),
    Row("the 204 of a preflight", "OPTIONS", _IMAGES, (_ORIGIN,)),
    Row("`access-control-allow-headers` is sent as it is configured", "OPTIONS", _IMAGE, (_ORIGIN, *_ASKS)),
    Row("CORS headers on the gateway's own errors", "GET", "/nowhere", (_ORIGIN,)),
    Row("CORS headers on the gateway's own errors", "GET", "/nowhere", (_ELSEWHERE,)),
    Row("431 as the answer to a long head", "GET", "/healthz?x=" + "x" * 6_000, (("X-Long", "x" * 6_000),)),
    Row("a HEAD response that keeps the length that its function named", "HEAD", _IMAGE),
    Row("no content type on 204 and 304", "GET", _IMAGE, (("If-None-Match", "{etag}"),)),
    Row("no content type on 204 and 304", "OPTIONS", "/projects/{p}/uploads"),
    Row("base64 for text that is not UTF-8", "PUT", "/projects/{p}/order", (_JSON,), b'{"image_ids": ["\xe9"]}'),
    Row("a trailing slash makes another path", "GET", _IMAGES + "/"),
    Row("a trailing slash makes another path", "GET", "/healthz/"),
    Row("a trailing slash makes another path", "GET", "//healthz"),
    Row("literal parts of a path are compared decoded", "GET", "/%70rojects/{p}/images"),
    Row("an encoded slash or dot in a path", "GET", "/projects%2F{p}%2Fimages"),
    Row("an encoded slash or dot in a path", "GET", _IMAGES + "/..%2f..%2fmeta.json"),
    Row("an encoded slash or dot in a path", "GET", _IMAGES + "/%252e%252e"),
    Row("an encoded slash or dot in a path", "GET", "/projects/%C3%A4/images"),
    Row("no content type, and an odd one", "POST", _IMAGES, (), GIF),
    Row("no content type, and an odd one", "POST", _IMAGES, (("Content-Type", "text/plain"),), GIF),
    Row("no content type, and an odd one", "POST", _IMAGES, (("Content-Type", "multipart/form-data"),), GIF),
    Row("no content type, and an odd one", "PUT", "/projects/{p}/order", (), b'{"image_ids": ["{i}"]}'),
    Row("a body without bytes, and one without a length", "POST", _IMAGES, (_FORM,)),
    Row("a body without bytes, and one without a length", "POST", _IMAGES, (_FORM,), form(GIF), chunked=True),
    Row("binary bodies", "POST", _IMAGES, (_FORM,), form(bytes(range(256)))),
    Row("binary bodies", "GET", _IMAGE),
    Row("binary bodies", "GET", "/projects/{p}/thumbnail", (_ORIGIN,)),
    Row(
        "headers and query fields that come twice",
        "GET",
        _IMAGE,
        (("If-None-Match", '"a"'), ("If-None-Match", "{etag}")),
    ),
    Row("headers and query fields that come twice", "GET", _IMAGE, (("Range", "bytes=0-1"), ("Range", "bytes=4-5"))),
    Row("headers and query fields that come twice", "GET", _IMAGE + "?size=thumb&size=medium"),
    Row("headers and query fields that come twice", "GET", _IMAGES + "?limit=1&limit=2"),
    Row("ranges and conditions", "GET", _IMAGE, (("Range", "bytes=0-9"),)),
    Row("ranges and conditions", "GET", _IMAGE, (("Range", "bytes=99999999-"),)),
    Row("ranges and conditions", "GET", _IMAGE, (("If-Match", '"another"'),)),
    Row("ranges and conditions", "HEAD", _IMAGE, (("If-None-Match", "{etag}"),)),
    Row("what a function refuses", "GET", _IMAGE + "?size=huge"),
    Row("what a function refuses", "GET", _IMAGES + "/no-such-image", (_ORIGIN,)),
    Row("what a function refuses", "HEAD", _IMAGES + "/no-such-image"),
)

# Lines of docs/emulator.md that no client can look at, and why.
UNSEEN = {
    "response size": "needs a photo of more than 4.7 MB, and the stack's bucket",
    "absent members of an event are left out": "the functions do not tell their events",
    "`x-forwarded-for` is appended to": "only the functions' log has it",
    "503 (not 429) for a function that is throttled": "needs more load than a look should make",
    "503 (not 504) after 30 s": "no function takes that long",
    "the words of `www-authenticate`, and the body of a 403": "needs an issuer, and tokens that are refused",
    "401 for a token whose key could not be fetched from the issuer": "needs an issuer that does not answer",
}
