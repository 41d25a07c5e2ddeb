"""One campaign in a process of its own, which never starts a thread and so may fork.

python -m faults kill OPERATION IMAGES [EVERY]
python -m faults fail OPERATION IMAGES ERRNO [EVERY]
python -m faults unreadable OPERATION IMAGES [EVERY]
python -m faults power OPERATION IMAGES
"""

import sys
import tempfile
from pathlib import Path

from faults import campaigns
from faults.keyed import AGAIN, DUPLICATE, KEYED
from faults.uploads import APPEND, CREATE, END, FINISH
from faults.volume import DELETE, SET_PRIMARY, UPLOAD

_ALL = (UPLOAD, KEYED, AGAIN, DUPLICATE, DELETE, SET_PRIMARY, CREATE, APPEND, FINISH, END)
OPERATIONS = {operation.name: operation for operation in _ALL}


def main(campaign: str, operation: str, images: str, *more: str) -> None:
    memory = Path("/dev/shm")  # hundreds of volumes are made, and none has to outlive the machine
    with tempfile.TemporaryDirectory(prefix="faults-", dir=memory if memory.is_dir() else None) as folder:
        print(getattr(campaigns, campaign)(Path(folder), OPERATIONS[operation], int(images), *more))


if __name__ == "__main__":
    main(*sys.argv[1:])
