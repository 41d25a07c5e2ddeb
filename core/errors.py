"""Everything that can go wrong, as one tree; imports nothing of the service.

ServiceError                          status  type
├── InvalidRequest                    400
│   ├── InvalidProjectId              400     invalid-project-id
│   ├── InvalidImageId                400     invalid-image-id
│   ├── InvalidSize                   400     invalid-size
│   ├── InvalidBody                   400     invalid-body
│   ├── InvalidOrder                  400     invalid-order
│   ├── InvalidPage                   400     invalid-page
│   ├── InvalidIdempotencyKey         400     invalid-idempotency-key
│   ├── IdempotencyKeyInUse           409     idempotency-key-in-use  (its first upload is under way)
│   ├── IdempotencyKeyReused          422     idempotency-key-reused  (for another file)
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
│   ├── ImageTooComplex               422     image-too-complex
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
├── TooManyRequests                   429     too-many-requests
├── QuotaExceeded                     413     quota-exceeded  (a project, a token's project, or all are full)
├── RangeNotSatisfiable               416     range-not-satisfiable
├── Unavailable                       503
│   ├── Busy                          503     busy            (the waiting line is full)
│   ├── DecoderLost               503     decoder-lost    (killed, or not done in time)
│   ├── ProjectLocked                 503     project-locked  (meta.lock not had in time)
│   ├── LockLost                      503     lock-lost       (fenced off before the commit)
│   └── StorageUnavailable            503     storage-unavailable
├── StorageFull                       507     storage-full
├── StorageReadOnly                   503     storage-read-only
└── ResponseTooLarge                  413     response-too-large  (for one answer; ranges fit)

SettingsError (ValueError)            never reaches a client: it stops the start

A class is the kind of an error: its status, slug and title are fixed (RFC 9457). Slug and title are the words of its
name, unless it has its own. Its docstring says what happened, and `again` says whether to ask again, and with what;
docs/errors.md is generated from both. An instance carries the sentence for this occurrence (detail) and the values that
a caller needs to act on it (extra).
"""

import re


class ServiceError(Exception):
    """Something went wrong in the service; its log says what."""

    status = 500
    slug = "internal-error"
    title = "Internal error"
    again = "Once; then tell who runs the service."
    retry_after: int | None = None  # seconds, sent as Retry-After

    def __init_subclass__(cls) -> None:
        words = re.findall("[A-Z][a-z]*", cls.__name__)
        cls.slug = vars(cls).get("slug", "-".join(words).lower())
        cls.title = vars(cls).get("title", " ".join(words).capitalize())

    def __init__(self, detail: str, **extra: str | int | None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class InvalidRequest(ServiceError):
    """A header or the request as a whole cannot be read."""

    status = 400
    again = "No: another request."


class InvalidProjectId(InvalidRequest):
    """A project id is 1 to 64 letters, digits, `-` and `_`."""


class InvalidImageId(InvalidRequest):
    """No image can have this id."""


class InvalidSize(InvalidRequest):
    """There is no such size; `detail` lists the sizes."""


class InvalidBody(InvalidRequest):
    """The JSON body does not have the expected shape; `detail` says where."""


class InvalidOrder(InvalidRequest):
    """These images cannot be put into this order."""


class InvalidPage(InvalidRequest):
    """`limit` or `after` of a list cannot be read."""


class InvalidIdempotencyKey(InvalidRequest):
    """An Idempotency-Key is 1 to 255 visible ASCII characters."""


class IdempotencyKeyInUse(InvalidRequest):
    """The first upload with this Idempotency-Key is under way."""

    status = 409
    retry_after = 2
    again = "Yes: the same request, after `Retry-After`."


class IdempotencyKeyReused(InvalidRequest):
    """This Idempotency-Key was used for another file."""

    status = 422
    again = "No: with a new key."


class MalformedUpload(InvalidRequest):
    """The form cannot be read, or ends before its last boundary."""


class NotMultipart(InvalidRequest):
    """The body is not `multipart/form-data`."""

    status = 415
    title = "Not a multipart form"


class EncodedUpload(InvalidRequest):
    """The form is compressed."""

    status = 415


class MissingFile(InvalidRequest):
    """The form has no file in the field `file`; `detail` names the fields that it has."""

    status = 422


class RepeatedFile(InvalidRequest):
    """The form has more than one file in the field `file`."""

    status = 422


class EmptyFile(InvalidRequest):
    """The file has no bytes."""

    status = 422


class Unauthorized(ServiceError):
    """The request has no token or signature, or an invalid one."""

    status = 401
    again = "No: with a new token."


class Forbidden(ServiceError):
    """The token is valid, but does not allow this."""

    status = 403
    again = "No: with a token that covers it."


class RequestTimeout(InvalidRequest):
    """The body came too slowly."""

    status = 408
    again = "Yes: the same request, or in parts (tus)."


class UrlTooLong(InvalidRequest):
    """The URL is too long."""

    status = 414
    title = "URL too long"


class HeadTooLarge(InvalidRequest):
    """URL and headers together are too large."""

    status = 431
    title = "Request head too large"


class NotFound(ServiceError):
    """There is nothing at this path, or it does not accept this method."""

    status = 404
    again = "No."


class ImageNotFound(NotFound):
    """The project does not have this image."""

    again = "No; a DELETE has what it wanted."


class UploadNotFound(NotFound):
    """The resumable upload ended, expired, or never was."""


class SizeNotMade(ImageNotFound):
    """The image is there, but was stored before this size was configured."""

    again = "No: another size, until the service's operator has run `doctor repair`."


class NoCover(NotFound):
    """The project has no images, so it has no cover."""

    again = "No: there is one after the next upload."


class MethodNotAllowed(ServiceError):
    """This path does not accept this method."""

    status = 405
    again = "No."


class RejectedImage(ServiceError):
    """The file itself is the reason; none of it was kept."""

    status = 422
    again = "No: another file."


class NotAnImage(RejectedImage):
    """The file is not a picture in an accepted format."""

    status = 415
    title = "Not a supported image"


class CorruptImage(RejectedImage):
    """The picture cannot be decoded."""


class ImageTooComplex(RejectedImage):
    """The picture has few pixels, but is made to be expensive: scans, frames, compressed metadata."""


class FileTooLarge(RejectedImage):
    """The file has more than `limit` bytes. If the problem has `uploads`, the file can be sent to that URL in parts."""

    status = 413
    again = "No: a smaller file, or in parts."


class TooManyPixels(RejectedImage):
    """The picture has too many pixels."""

    status = 413
    again = "No: a smaller picture."


class SideTooLong(RejectedImage):
    """The picture is too wide or too high."""

    status = 413
    again = "No: a smaller picture."


class ResumableUpload(ServiceError):
    """A request of a resumable upload is rejected; the upload itself does not change."""

    status = 400
    again = "No: another request."


class UnsupportedVersion(ResumableUpload):
    """`Tus-Resumable` is not 1.0.0."""

    status = 412
    title = "Unsupported protocol version"


class NotAChunk(ResumableUpload):
    """The bytes are not declared as `application/offset+octet-stream`."""

    status = 415
    title = "Not a chunk of an upload"


class OffsetConflict(ResumableUpload):
    """The upload continues at another offset: see `offset` and the header `Upload-Offset`."""

    status = 409
    again = "Yes: the bytes from `Upload-Offset` on."


class UploadLocked(ResumableUpload):
    """Another request is writing to this upload."""

    status = 423
    again = "Yes: after `Retry-After`, from the offset that HEAD tells."
    retry_after = 1


class UploadComplete(ResumableUpload):
    """The upload has all its bytes."""

    status = 403
    again = "No: HEAD names the image."


class TooManyBytes(ResumableUpload):
    """These are more bytes than `Upload-Length` announced."""

    status = 413
    again = "No: a new upload."


class ChecksumMismatch(ResumableUpload):
    """The bytes do not match the checksum in `Upload-Checksum`; none was stored."""

    status = 460  # a code of the tus protocol
    again = "Yes: the same bytes."


class PreconditionFailed(ServiceError):
    """The resource has changed since the version that the request names."""

    status = 412
    again = "Yes: with the version that a new GET tells."


class TooManyRequests(ServiceError):
    """This client has sent too many requests; `RateLimit` says how many it may send."""

    status = 429
    again = "Yes: the same request, after `Retry-After`."
    retry_after = 1


class QuotaExceeded(ServiceError):
    """The quota is full: `used` plus `needed` is more than `limit`, in bytes or images as `quota` says."""

    status = 413
    again = "Yes: the same request, once something was deleted."


class RangeNotSatisfiable(ServiceError):
    """The range starts past the end; `length` is how many bytes there are."""

    status = 416
    again = "No: a range within `length`."


class Unavailable(ServiceError):
    """Nothing was changed; the same request may succeed a little later."""

    status = 503
    again = "Yes: the same request, after `Retry-After`; an upload under its Idempotency-Key."
    retry_after = 2


class Busy(Unavailable):
    """Too many uploads are waiting."""

    title = "Too busy"


class DecoderLost(Unavailable):
    """The process that decoded the picture ended, or did not end in time."""


class ProjectLocked(Unavailable):
    """Other changes hold the project's lock for longer than a request waits."""


class LockLost(Unavailable):
    """This server lost its lock before it could store the change."""


class StorageUnavailable(Unavailable):
    """The storage does not answer as it should."""


class StorageFull(ServiceError):
    """The storage has no room left."""

    status = 507
    again = "Yes: the same request, once there is room."


class StorageReadOnly(ServiceError):
    """The storage is read-only."""

    status = 503
    retry_after = 60
    title = "Storage read-only"
    again = "Yes: the same request, after `Retry-After`."


class ResponseTooLarge(ServiceError):
    """The answer has more than `limit` bytes, which is the most that one response carries."""

    status = 413
    again = "No: a smaller size, a range of bytes, or a page of a list."


class SettingsError(ValueError):
    """A setting cannot be used: one line that names it, its value and what it may be."""
