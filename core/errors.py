"""Everything that can go wrong, as one tree; imports nothing.

ServiceError                          status  type
├── InvalidRequest                    400
│   ├── InvalidProjectId              400     invalid-project-id
│   ├── InvalidImageId                400     invalid-image-id
│   ├── InvalidSize                   400     invalid-size
│   ├── InvalidBody                   400     invalid-body
│   ├── InvalidOrder                  400     invalid-order
│   ├── InvalidPage                   400     invalid-page
│   ├── InvalidKey                    400     invalid-idempotency-key
│   ├── KeyInUse                      409     idempotency-key-in-use  (its first upload is under way)
│   ├── KeyReused                     422     idempotency-key-reused  (for another file)
│   ├── MalformedUpload               400     malformed-upload
│   ├── NotMultipart                  415     not-multipart
│   ├── EncodedUpload                 415     encoded-upload
│   ├── MissingFile                   422     missing-file
│   ├── RepeatedFile                  422     repeated-file
│   ├── EmptyFile                     422     empty-file
│   ├── RequestTimeout                408     request-timeout     (its body came too slowly)
│   ├── UrlTooLong                    414     url-too-long
│   └── HeadTooLarge                  431     head-too-large      (URL and headers together)
├── Unauthorized                      401     unauthorized    (no token, or one that does not count)
├── Forbidden                         403     forbidden       (a token that does not cover this)
├── NotFound                          404     not-found
│   ├── ImageNotFound                 404     image-not-found
│   │   └── SizeNotMade               404     size-not-made   (the image is there; doctor makes the size)
│   ├── UploadNotFound                404     upload-not-found
│   └── NoCover                       404     no-cover
├── MethodNotAllowed                  405     method-not-allowed
├── RejectedImage                     422
│   ├── NotAnImage                    415     not-an-image
│   ├── CorruptImage                  422     corrupt-image
│   ├── TooComplex                    422     image-too-complex
│   ├── FileTooLarge                  413     file-too-large
│   ├── TooManyPixels                 413     too-many-pixels
│   └── SideTooLong                   413     side-too-long
├── ResumableUpload                   400
│   ├── UnsupportedVersion            412     unsupported-version
│   ├── NotAChunk                     415     not-a-chunk
│   ├── OffsetConflict                409     offset-conflict
│   ├── UploadLocked                  423     upload-locked   (another request is writing)
│   ├── UploadComplete                403     upload-complete
│   ├── TooManyBytes                  413     too-many-bytes  (more than Upload-Length)
│   └── ChecksumMismatch              460     checksum-mismatch
├── PreconditionFailed                412     precondition-failed
├── RangeNotSatisfiable               416     range-not-satisfiable
├── Unavailable                       503
│   ├── Busy                          503     busy            (the waiting line is full)
│   ├── DecoderLost               503     decoder-lost    (killed, or not done in time)
│   ├── ProjectLocked                 503     project-locked  (meta.lock not had in time)
│   ├── LockLost                      503     lock-lost       (fenced off before the commit)
│   └── StorageUnavailable            503     storage-unavailable
├── StorageFull                       507     storage-full
├── StorageReadOnly                   503     storage-read-only
└── ResponseTooLarge                  500     response-too-large

SettingsError (ValueError)            never reaches a client: it stops the start

A class names the kind (status, slug, title: fixed for the kind, RFC 9457); an instance carries
the sentence for this occurrence (detail) and whatever a caller needs to act on it (extra).
"""


class ServiceError(Exception):
    """Base of what a client may be told: `status` (HTTP), `slug` (problem type), `title`, `detail`, `extra`."""

    status = 500
    slug = "internal-error"
    title = "Internal error"
    retry_after: int | None = None  # seconds, sent as Retry-After

    def __init__(self, detail: str, **extra: str | int | None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class InvalidRequest(ServiceError):
    status = 400
    slug = "invalid-request"
    title = "Invalid request"


class InvalidProjectId(InvalidRequest):
    slug = "invalid-project-id"
    title = "Invalid project id"


class InvalidImageId(InvalidRequest):
    slug = "invalid-image-id"
    title = "Invalid image id"


class InvalidSize(InvalidRequest):
    slug = "invalid-size"
    title = "Invalid size"


class InvalidBody(InvalidRequest):
    slug = "invalid-body"
    title = "Invalid body"


class InvalidOrder(InvalidRequest):
    slug = "invalid-order"
    title = "Invalid order"


class InvalidPage(InvalidRequest):
    slug = "invalid-page"
    title = "Invalid page"


class InvalidKey(InvalidRequest):
    slug = "invalid-idempotency-key"
    title = "Invalid idempotency key"


class KeyInUse(InvalidRequest):
    status = 409
    retry_after = 2
    slug = "idempotency-key-in-use"
    title = "Idempotency key in use"


class KeyReused(InvalidRequest):
    status = 422
    slug = "idempotency-key-reused"
    title = "Idempotency key reused"


class MalformedUpload(InvalidRequest):
    slug = "malformed-upload"
    title = "Malformed upload"


class NotMultipart(InvalidRequest):
    status = 415
    slug = "not-multipart"
    title = "Not a multipart form"


class EncodedUpload(InvalidRequest):
    status = 415
    slug = "encoded-upload"
    title = "Encoded upload"


class MissingFile(InvalidRequest):
    status = 422
    slug = "missing-file"
    title = "Missing file"


class RepeatedFile(InvalidRequest):
    status = 422
    slug = "repeated-file"
    title = "Repeated file"


class EmptyFile(InvalidRequest):
    status = 422
    slug = "empty-file"
    title = "Empty file"


class Unauthorized(ServiceError):
    """Nobody has shown who they are; says nothing about what was asked for."""

    status = 401
    slug = "unauthorized"
    title = "Unauthorized"


class Forbidden(ServiceError):
    """The token counts, but not for this; says nothing about what was asked for."""

    status = 403
    slug = "forbidden"
    title = "Forbidden"


class RequestTimeout(InvalidRequest):
    status = 408
    slug = "request-timeout"
    title = "Request timeout"


class UrlTooLong(InvalidRequest):
    status = 414
    slug = "url-too-long"
    title = "URL too long"


class HeadTooLarge(InvalidRequest):
    status = 431
    slug = "head-too-large"
    title = "Request head too large"


class NotFound(ServiceError):
    status = 404
    slug = "not-found"
    title = "Not found"


class ImageNotFound(NotFound):
    slug = "image-not-found"
    title = "Image not found"


class UploadNotFound(NotFound):
    slug = "upload-not-found"
    title = "Upload not found"


class SizeNotMade(ImageNotFound):
    slug = "size-not-made"
    title = "Size not made"


class NoCover(NotFound):
    slug = "no-cover"
    title = "No cover"


class MethodNotAllowed(ServiceError):
    status = 405
    slug = "method-not-allowed"
    title = "Method not allowed"


class RejectedImage(ServiceError):
    """The file itself is the reason; nothing of it was kept."""

    status = 422
    slug = "rejected-image"
    title = "Rejected image"


class NotAnImage(RejectedImage):
    status = 415
    slug = "not-an-image"
    title = "Not a supported image"


class CorruptImage(RejectedImage):
    slug = "corrupt-image"
    title = "Corrupt image"


class TooComplex(RejectedImage):
    """Small enough in pixels, but made to be expensive: scans, frames, compressed metadata."""

    slug = "image-too-complex"
    title = "Image too complex"


class FileTooLarge(RejectedImage):
    status = 413
    slug = "file-too-large"
    title = "File too large"


class TooManyPixels(RejectedImage):
    status = 413
    slug = "too-many-pixels"
    title = "Too many pixels"


class SideTooLong(RejectedImage):
    status = 413
    slug = "side-too-long"
    title = "Side too long"


class ResumableUpload(ServiceError):
    """A request of a resumable upload cannot be taken; the upload itself stays as it is."""

    status = 400
    slug = "resumable-upload"
    title = "Resumable upload"


class UnsupportedVersion(ResumableUpload):
    status = 412
    slug = "unsupported-version"
    title = "Unsupported protocol version"


class NotAChunk(ResumableUpload):
    status = 415
    slug = "not-a-chunk"
    title = "Not a chunk of an upload"


class OffsetConflict(ResumableUpload):
    """`extra` has the upload's own `offset`."""

    status = 409
    slug = "offset-conflict"
    title = "Offset conflict"


class UploadLocked(ResumableUpload):
    status = 423
    slug = "upload-locked"
    title = "Upload locked"
    retry_after = 1


class UploadComplete(ResumableUpload):
    status = 403
    slug = "upload-complete"
    title = "Upload complete"


class TooManyBytes(ResumableUpload):
    status = 413
    slug = "too-many-bytes"
    title = "Too many bytes"


class ChecksumMismatch(ResumableUpload):
    status = 460  # a code of the tus protocol
    slug = "checksum-mismatch"
    title = "Checksum mismatch"


class PreconditionFailed(ServiceError):
    status = 412
    slug = "precondition-failed"
    title = "Precondition failed"


class RangeNotSatisfiable(ServiceError):
    status = 416
    slug = "range-not-satisfiable"
    title = "Range not satisfiable"


class Unavailable(ServiceError):
    """Nothing was changed; the same request may succeed a little later."""

    status = 503
    slug = "unavailable"
    title = "Unavailable"
    retry_after = 2


class Busy(Unavailable):
    slug = "busy"
    title = "Too busy"


class DecoderLost(Unavailable):
    slug = "decoder-lost"
    title = "Decoder lost"


class ProjectLocked(Unavailable):
    slug = "project-locked"
    title = "Project locked"


class LockLost(Unavailable):
    slug = "lock-lost"
    title = "Lock lost"


class StorageUnavailable(Unavailable):
    slug = "storage-unavailable"
    title = "Storage unavailable"


class StorageFull(ServiceError):
    status = 507
    slug = "storage-full"
    title = "Storage full"


class StorageReadOnly(ServiceError):
    status = 503
    retry_after = 60
    slug = "storage-read-only"
    title = "Storage read-only"


class ResponseTooLarge(ServiceError):
    slug = "response-too-large"
    title = "Response too large"


class SettingsError(ValueError):
    """A setting cannot be used: one line that names it, its value and what it may be."""
