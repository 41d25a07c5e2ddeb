"""One campaign in a process of its own, which never starts a thread and so may fork.

python -m faults kill OPERATION IMAGES [EVERY]
python -m faults fail OPERATION IMAGES ERRNO [EVERY]
python -m faults unreadable OPERATION IMAGES [EVERY]
python -m faults power OPERATION IMAGES
python -m faults

The last form runs each line of its input as a campaign, in a child, so that many share what was imported.
It answers each with a line of JSON: whether it went well, and what it wrote to its output and its errors.
"""

import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TextIO

from faults import campaigns
from faults.keyed import AGAIN, DUPLICATE, KEYED
from faults.tracer import forked
from faults.uploads import APPEND, CREATE, END, FINISH
from faults.volume import DELETE, SET_PRIMARY, UPLOAD

_ALL = (UPLOAD, KEYED, AGAIN, DUPLICATE, DELETE, SET_PRIMARY, CREATE, APPEND, FINISH, END)
OPERATIONS = {operation.name: operation for operation in _ALL}


def main(campaign: str, operation: str, images: str, *more: str) -> None:
    memory = Path("/dev/shm")  # hundreds of volumes are made, and none has to outlive the machine
    with tempfile.TemporaryDirectory(prefix="faults-", dir=memory if memory.is_dir() else None) as folder:
        print(getattr(campaigns, campaign)(Path(folder), OPERATIONS[operation], int(images), *more))


def serve() -> None:
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
            try:
                forked(partial(_told, out, errors, line.split()), patience=3600)
                well = True
            except AssertionError:
                well = False
            written = [(file.seek(0), file.read())[1] for file in (out, errors)]
        print(json.dumps([well, *written]), flush=True)


def _told(out: TextIO, errors: TextIO, arguments: list[str]) -> None:
    os.dup2(out.fileno(), 1)
    os.dup2(errors.fileno(), 2)
    main(*arguments)
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:]) if sys.argv[1:] else serve()
