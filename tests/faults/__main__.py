"""One campaign in a process of its own, which never starts a thread and so may fork.

python -m faults kill upload|delete|set-primary IMAGES
python -m faults fail upload|delete|set-primary IMAGES ERRNO
python -m faults power upload|delete|set-primary IMAGES
"""

import sys
import tempfile
from pathlib import Path

from faults import campaigns
from faults.volume import DELETE, SET_PRIMARY, UPLOAD

OPERATIONS = {operation.name: operation for operation in (UPLOAD, DELETE, SET_PRIMARY)}


def main(campaign: str, operation: str, images: str, *more: str) -> None:
    memory = Path("/dev/shm")  # hundreds of volumes are made, and none has to outlive the machine
    with tempfile.TemporaryDirectory(prefix="faults-", dir=memory if memory.is_dir() else None) as folder:
        print(getattr(campaigns, campaign)(Path(folder), OPERATIONS[operation], int(images), *more))


if __name__ == "__main__":
    main(*sys.argv[1:])
