"""A flame graph of uploads: `python -m bench.profile [--input jpeg-12mp] [--count 40]`.

The service's app runs in this process, one upload after another, while a thread looks a thousand
times a second at what every working thread does. Decoding, resizing and encoding release the interpreter's
lock, so the call that a thread is inside of is seen like any other. The SVG's widths are wall time; hover for figures.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path
from types import FrameType
from typing import Any

from bench import client, inputs
from bench.results import FOLDER

Stack = tuple[str, ...]
_IDLE = ("threading.py", "selectors.py", "thread.py:_worker")
_ROW, _WIDTH = 17, 1200


class Sampler(threading.Thread):
    """Counts the stacks of all other threads that are at work."""

    def __init__(self, interval: float = 0.001) -> None:
        super().__init__(daemon=True)
        self.stacks: Counter[Stack] = Counter()
        self._interval = interval
        self._stop_asked = threading.Event()

    def run(self) -> None:
        me = threading.get_ident()
        while not self._stop_asked.wait(self._interval):
            for thread, frame in sys._current_frames().items():
                stack = tuple(_names(frame))
                if thread != me and not stack[-1].startswith(_IDLE):
                    self.stacks[stack] += 1

    def stop(self) -> Counter[Stack]:
        self._stop_asked.set()
        self.join()
        return self.stacks


def _names(frame: FrameType | None) -> Iterator[str]:
    frames = []
    while frame is not None:
        frames.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}")
        frame = frame.f_back
    return reversed(frames)


def uploads(photo: inputs.Photo, count: int) -> Counter[Stack]:
    """The stacks seen during so many uploads to the app in this process, after two that do not count."""
    from handlers import upload_image

    _, _, body = client.upload("/", photo.path.read_bytes()).partition(b"\r\n\r\n")
    kind = b"multipart/form-data; boundary=" + body[2 : body.index(b"\r\n")]

    async def upload() -> None:
        status = await _ask(upload_image.app, "/projects/profile/images", kind, body)
        if status != 201:
            raise RuntimeError(f"an upload was answered {status}")

    async def all_of_them() -> Counter[Stack]:
        for _ in range(2):
            await upload()
        sampler = Sampler()
        sampler.start()
        for _ in range(count):
            await upload()
        return sampler.stop()

    return asyncio.run(all_of_them())


async def _ask(app: Any, path: str, kind: bytes, body: bytes) -> int:
    status = 0
    pieces = [body[at : at + 65536] for at in range(0, len(body), 65536)]  # as they come off a socket

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    return status


def flame(stacks: Counter[Stack]) -> str:
    """The stacks as an SVG, callers below callees, a row a call."""
    total = sum(stacks.values())
    depth = max(map(len, stacks))
    cells: list[str] = []

    def draw(group: Counter[Stack], level: int, left: float) -> None:
        children: dict[str, Counter[Stack]] = {}
        for stack, seen in group.items():
            if len(stack) > level:
                children.setdefault(stack[level], Counter())[stack] = seen
        for name, child in sorted(children.items()):
            seen = sum(child.values())
            cells.append(_cell(name, left, (depth - level - 1) * _ROW, seen, total))
            draw(child, level + 1, left)
            left += _WIDTH * seen / total

    draw(stacks, 0, 0.0)
    size = f'width="{_WIDTH}" height="{depth * _ROW}" font-family="monospace" font-size="11"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(cells)}</svg>\n'


def _cell(name: str, left: float, top: float, seen: int, total: int) -> str:
    width, share = _WIDTH * seen / total, 100 * seen / total
    hue = sum(name.partition(":")[0].encode()) * 7 % 60  # one colour a file, in the warm part of the circle
    text = escape(name[: int(width / 7)]) if width > 20 else ""
    return (
        f"<g><title>{escape(name)} {share:.1f}%</title>"
        f'<rect x="{left:.1f}" y="{top}" width="{max(width - 0.5, 0.2):.1f}" height="{_ROW - 1}"'
        f' fill="hsl({hue},75%,65%)"/><text x="{left + 2:.1f}" y="{top + 12}">{text}</text></g>'
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description="Where an upload's time goes.")
    parser.add_argument("--input", default="jpeg-12mp", help="an input of bench/inputs.py (default: %(default)s)")
    parser.add_argument("--count", type=int, default=40, help="uploads to look at (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=inputs.scratch()) as root:
        os.environ["IMGSRV_STORAGE_ROOT"] = root
        began = time.perf_counter()
        stacks = uploads(inputs.photo(options.input), options.count)
        seconds = time.perf_counter() - began
    leaves: Counter[str] = Counter()
    for stack, seen in stacks.items():
        leaves[" < ".join(reversed(stack[-2:]))] += seen
    for name, seen in leaves.most_common(15):
        print(f"{100 * seen / sum(stacks.values()):5.1f}%  {name}")
    path = FOLDER / "flame.svg"
    path.write_text(flame(stacks))
    print(f"{options.count} uploads of {options.input}, {seconds:.1f} s; {path}")


if __name__ == "__main__":
    main()
