"""failures: each refusal of the volume has its error."""

import errno
import os

import pytest

from core.errors import StorageFull, StorageReadOnly, StorageUnavailable
from core.volume.failures import storage_errors


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EROFS, StorageReadOnly),
        (errno.EACCES, StorageReadOnly), (errno.EIO, StorageUnavailable), (errno.ESTALE, StorageUnavailable),
    ],
)  # fmt: skip
def test_what_the_volume_refuses_is_an_error_of_the_tree(number: int, kind: type[Exception]) -> None:
    with pytest.raises(kind), storage_errors():
        raise OSError(number, os.strerror(number))
