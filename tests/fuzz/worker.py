"""One process of the fuzzer: renders one mutated file after the other and says how each ended.

Says that it is ready, then reads file numbers on standard input and writes one JSON line for each to standard
output. A file depends on its number alone. Memory is bounded by the kernel; time by whoever reads the lines.
"""

import json
import random
import resource
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import judge
from fuzz import oracle
from fuzz.mutations import mutated
from fuzz.seeds import seeds
from PIL import Image
from rendering import Stored, peak_memory, rendered

from core.errors import RejectedImage
from core.sizes import STANDARD

MAX_MEMORY = 2 << 30  # address space, threads' stacks and libraries included


def file(number: int, files: list[bytes]) -> bytes:
    """The mutated file of this number."""
    rng = random.Random(number)
    return mutated(files[number % len(files)], rng.choice(files), rng)


def outcome(data: bytes) -> str:
    """How the service takes a file: "accepted", the name of the refusal, or a description of what is wrong with it.

    What is accepted looks as another reader shows the unchanged bytes; "accepted-alone" is what no other reads.
    """
    try:
        stored = rendered(data)
    except RejectedImage as refusal:
        if isinstance(refusal.__cause__, MemoryError):
            return "out of memory"
        return type(refusal).__name__ + ("-though-Pillow-reads-it" if oracle.readable(data) else "")
    except Exception:
        return "FAULT " + traceback.format_exc()
    try:
        for size, one in stored.items():
            check(size, one)
        verdict = oracle.verdict(data, stored["original"].pixels)
    except MemoryError:
        return "accepted-beyond-the-tests-memory"
    except Exception:
        return "FAULT " + traceback.format_exc()
    if verdict == "other":
        return "FAULT the original looks as no other reader shows the file"
    return "accepted" if verdict == "same" else "accepted-alone"


def check(size: str, stored: Stored) -> None:
    """A stored file is a clean JPEG of the right size that decodes whole."""
    judge.assert_clean(stored.data)
    assert stored.rendition.width <= min(STANDARD[size].width, 65_500)
    assert stored.rendition.height <= min(STANDARD[size].height, 65_500)
    assert stored.pixels.shape == (stored.rendition.height, stored.rendition.width, 3)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    warnings.simplefilter("ignore")  # decoders warn about damaged metadata, which is what they are given
    tempfile.tempdir = "/dev/shm" if Path("/dev/shm").is_dir() else None
    Image.MAX_IMAGE_PIXELS = None  # the reader of results; the service has limits of its own
    files = list(seeds().values())
    print("ready", flush=True)
    for line in sys.stdin:
        result = outcome(file(int(line), files))
        print(json.dumps({"file": int(line), "outcome": result, "peak_mib": peak_memory()}), flush=True)


if __name__ == "__main__":
    main()
