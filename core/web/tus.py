"""The headers of tus 1.0.0, the protocol of resumable uploads: checks what a request says, and describes it.

core/uploads has the state of uploads, pieces.py the bodies of requests.
"""

import base64
import binascii
import re
from contextlib import suppress
from email.utils import formatdate

from starlette.requests import Request

from core.errors import EmptyFile, InvalidRequest, NotAChunk, UnsupportedVersion
from core.settings import Settings
from core.uploads import Upload
from core.web.bodies import too_large
from core.web.paths import image_url, uploads_url

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination,checksum"
ALGORITHMS = ("sha1", "sha256")
CHUNK = "application/offset+octet-stream"

_METADATA_BYTES = 4096  # metadata is stored, and every HEAD returns it
_number = re.compile(r"[0-9]{1,18}", re.ASCII).fullmatch
_pair = re.compile(r"[!-+\--~]+(?: [A-Za-z0-9+/]*={0,2})?", re.ASCII).fullmatch


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
        url = image_url(upload.project_id, upload.image_id)
        headers |= {"Upload-Image-Id": upload.image_id, "Content-Location": url}
    return headers


def upload_url(upload: Upload) -> str:
    """The relative URL of an upload."""
    return f"{uploads_url(upload.project_id)}/{upload.id}"


def length(request: Request, settings: Settings) -> int:
    """The declared length of the file, in bytes; InvalidRequest, EmptyFile, FileTooLarge."""
    if "upload-defer-length" in request.headers:
        raise InvalidRequest("Say the file's length in Upload-Length; it cannot be told later.")
    announced = _integer(request, "Upload-Length")
    if not announced:
        raise EmptyFile("The file is empty.")
    if announced > settings.max_upload_bytes:
        raise too_large(settings.max_upload_bytes)
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
