"""Mutation testing: makes one small fault at a time in the rooms that matter, and sees whether a test notices.

python -m mutants [--every N] [--quick] [ROOM...]

Each fault is made in a copy of the tree, judged by the tests of its room (rooms.py) and undone. What no test notices
survives; a survivor is either explained in explained.txt or a test is missing. Exit status 1: more than a twentieth
of the survivors are not explained. Faults that were noticed once are remembered in .mutants and not made again.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from mutants.copies import ROOT, Copy
from mutants.operators import mutants
from mutants.rooms import ROOMS, Room

KILLED = ROOT / ".mutants"
EXPLAINED = Path(__file__).with_name("explained.txt")
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
UNEXPLAINED = 0.05  # of the survivors


def survivors(copy: Copy, room: Room, every: int) -> tuple[list[str], int]:
    """The names of the room's faults that no test notices, and how many faults were made in all."""
    began = time.monotonic()
    for group in filter(None, (room.quick, room.thorough)):
        if status := copy.run(group, 3600):
            raise SystemExit(f"without any fault these tests end with {status}: {' '.join(group)}")
    patience = 60 + 5 * (time.monotonic() - began)
    known = set(KILLED.read_text().split()) if KILLED.exists() else set()
    found, count = [], 0
    for path in copy.files(room.files):
        for mutant in list(mutants(path, (copy.folder / path).read_text()))[::every]:
            count += 1
            key = hashlib.sha256(f"{mutant.name}{mutant.content}".encode()).hexdigest()
            if key in known:
                continue
            if copy.notices(path, mutant, room, patience):
                with KILLED.open("a") as file:
                    file.write(f"{key}\n")
            else:
                found.append(mutant.name)
                print(f"survives: {mutant.name}", flush=True)
    return found, count


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"one of {', '.join(ROOMS)} (default: all)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th fault")
    parser.add_argument("--quick", action="store_true", help="without the tests that only survivors of others see")
    options = parser.parse_args()
    explained = {line for line in EXPLAINED.read_text().splitlines() if line[:1] not in ("", " ", "#")}
    left: list[str] = []
    total = 0
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=MEMORY) as folder:
        copy = Copy(Path(folder).resolve())
        for name in options.rooms or ROOMS:
            room = replace(ROOMS[name], thorough=()) if options.quick else ROOMS[name]
            found, count = survivors(copy, room, options.every)
            print(f"{name}: {count} faults, {len(found)} survive", flush=True)
            left += found
            total += count
    open_ones = [name for name in left if name not in explained]
    print(*(f"not explained: {name}" for name in open_ones), sep="\n")
    print(f"{total} faults, {len(left)} survive, {len(open_ones)} of these are not explained")
    return int(len(open_ones) > UNEXPLAINED * len(left))


if __name__ == "__main__":
    sys.exit(main())
