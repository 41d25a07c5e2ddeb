"""Mutation testing: makes one small fault at a time in the rooms that matter, and sees whether a test notices.

python -m mutants [--every N] [--jobs N] [--quick] [ROOM...]

Each fault is made in a copy of the tree, judged by the tests of its room (rooms.py) and undone. What no test notices
survives; a survivor is either explained in explained.txt or a test is missing. Exit status 1: more than a twentieth
of the survivors are not explained. Faults that were noticed once are remembered in .mutants, with the test that
noticed them, and not made again until their function changes; explained ones are judged by the quick tests alone.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from mutants.copies import ROOT, Copy
from mutants.operators import Mutant, mutants
from mutants.rooms import ROOMS, Room

KILLED = ROOT / ".mutants"
EXPLAINED = Path(__file__).with_name("explained.txt")
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
UNEXPLAINED = 0.05  # of the survivors


@dataclass(frozen=True)
class Run:
    """What all rooms of a run share."""

    copies: SimpleQueue[Copy]
    jobs: int
    every: int
    explained: set[str]

    def survivors(self, room: Room) -> tuple[list[str], int]:
        """The names of the room's faults that no test notices, and how many faults were made in all."""
        copy = self.copies.get()
        began = time.monotonic()
        for group in filter(None, (room.quick, room.thorough)):
            if status := copy.run(group, 3600):
                raise SystemExit(
                    f"without any fault this ends with {status}: {copy.first_failed()} of {' '.join(group)}"
                )
        patience = 60 + 4 * (time.monotonic() - began)
        everyone = [
            (path, mutant)
            for path in copy.files(room.files)
            for mutant in mutants(path, (copy.folder / path).read_text())
        ]
        self.copies.put(copy)
        self._tell_of_others(set(copy.files(room.files)), {mutant.name for _, mutant in everyone})
        faults = everyone[:: self.every]
        known = {line.split()[0] for line in KILLED.read_text().splitlines()} if KILLED.exists() else set()
        open_ones = [(path, mutant) for path, mutant in faults if _key(mutant) not in known]
        with ThreadPoolExecutor(self.jobs) as threads:
            noticed = threads.map(lambda fault: self._notices(fault[0], fault[1], room, patience), open_ones)
            return [mutant.name for (_, mutant), test in zip(open_ones, noticed, strict=True) if not test], len(faults)

    def _tell_of_others(self, paths: set[str], names: set[str]) -> None:
        """What is explained and is no fault of these files any more."""
        others = {name for name in self.explained if name.split()[0] in paths} - names
        print(*(f"explained, and no fault: {name}" for name in sorted(others)), sep="\n", end="\n" * bool(others))

    def _notices(self, path: str, mutant: Mutant, room: Room, patience: float) -> str:
        groups = (room.quick,) if mutant.name in self.explained else (room.quick, room.thorough)
        copy = self.copies.get()
        try:
            test = copy.notices(path, mutant, groups, patience)
        finally:
            self.copies.put(copy)
        if test:
            with KILLED.open("a") as file:
                file.write(f"{_key(mutant)} {mutant.name} | {test}\n")
        else:
            print(f"survives: {mutant.name}", flush=True)
        return test


def _key(mutant: Mutant) -> str:
    return hashlib.sha256(f"{mutant.name}{mutant.place}".encode()).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"one of {', '.join(ROOMS)} (default: all)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th fault")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="so many faults at once (2), each in its copy")
    parser.add_argument("--quick", action="store_true", help="without the tests that only survivors of others see")
    options = parser.parse_args()
    explained = {line for line in EXPLAINED.read_text().splitlines() if line[:1] not in ("", " ", "#")}
    left: list[str] = []
    total = 0
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=MEMORY) as folder:
        noticed: list[str] = []
        run = Run(SimpleQueue(), options.jobs, options.every, explained)
        for number in range(options.jobs):
            run.copies.put(Copy(Path(folder).resolve() / str(number), noticed))
        for name in options.rooms or ROOMS:
            room = replace(ROOMS[name], thorough=()) if options.quick else ROOMS[name]
            found, count = run.survivors(room)
            print(f"{name}: {count} faults, {len(found)} survive", flush=True)
            left += found
            total += count
    open_ones = [name for name in left if name not in explained]
    print(*(f"not explained: {name}" for name in open_ones), sep="\n")
    print(f"{total} faults, {len(left)} survive, {len(open_ones)} of these are not explained")
    return int(len(open_ones) > UNEXPLAINED * len(left))


if __name__ == "__main__":
    sys.exit(main())
