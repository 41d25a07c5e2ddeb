"""What `make build` made: prints each folder's size, and fails on what would not run, or start slowly, on Lambda.

    python deploy/weigh.py .aws-sam/build aarch64

Fails over a budget, on a library for another machine, and where some folders are compiled and others are not.
"""

import sys
from pathlib import Path

MIB = 1 << 20
# MiB unzipped; AWS allows 250. What is over the budget costs cold starts, so it is to be noticed.
BUDGETS = {"UploadImage": 65, "Uploads": 65}
BUDGET = 25
MACHINES = {0x3E: "x86_64", 0xB7: "aarch64"}  # as ELF headers number them


def main(root: Path, machine: str) -> int:
    """The exit status: 1 when anything is wrong, each told in a line."""
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    wrong = [problem for folder in folders for problem in _look(folder, machine)]
    if not folders:
        wrong.append(f"{root}: nothing was built")
    for problem in wrong:
        print(problem, file=sys.stderr)
    return 1 if wrong else 0


def _look(folder: Path, machine: str) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / MIB
    budget = BUDGETS.get(folder.name, BUDGET)
    compiled = any(path.suffix == ".pyc" for path in files)
    print(f"{folder.name}: {size:.0f} MiB unzipped, of {budget}{'' if compiled else ', not compiled'}")
    wrong = [f"{folder.name}: {size:.0f} MiB are over its budget of {budget}"] if size > budget else []
    for path in files:
        found = machine_of(path)
        if found not in (None, machine):
            wrong.append(f"{path}: a library for {found}; the function runs on {machine}")
    return wrong


def machine_of(path: Path) -> str | None:
    """The machine that an ELF file is for; None for any other file."""
    with path.open("rb") as file:
        head = file.read(20)
    if head[:4] != b"\x7fELF" or len(head) < 20:
        return None
    number = int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")
    return MACHINES.get(number, f"machine {number:#x}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
