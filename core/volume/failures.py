"""What the volume refuses, as errors of the tree: full, read-only, not answering, not the service's own file."""

import errno

from core.errors import ServiceError, StorageFull, StorageReadOnly, StorageUnavailable
from core.volume.opening import Misplaced

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class storage_errors:  # noqa: N801  like one of contextlib's, but without the cost of a generator for every read
    """Turns an OSError of the volume into a ServiceError for the client."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise _storage_error(error) from error


def is_full(error: OSError) -> bool:
    """Whether the volume or its quota is full."""
    return error.errno in _FULL


def _storage_error(error: OSError) -> ServiceError:
    if isinstance(error, Misplaced | IsADirectoryError):
        return StorageUnavailable("In the storage a link or something else is where the service's own file should be.")
    if is_full(error):
        return StorageFull("The storage is full.")
    if error.errno in _READ_ONLY:
        return StorageReadOnly("The storage cannot be written to.")
    return StorageUnavailable("The storage did not answer as it should; try again.")
