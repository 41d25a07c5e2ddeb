"""A second core for one upload: leaf work that Pillow does without the interpreter's lock.

Tasks never wait for other tasks, so the pool cannot lock up however many uploads share it. It has one thread and no
more, since every thread that touches pixels keeps an arena of its own; a worker process makes one picture at a time.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from PIL import Image

T = TypeVar("T")

_STRIP_ROWS = 256


@contextlib.contextmanager
def beside(task: Callable[[], T]) -> Iterator["Future[T]"]:
    """Run the task on another thread during the block; the block's end waits for it, and raises what it raised."""
    future = _pool().submit(task)
    try:
        yield future
    finally:
        # Also after an error: whoever caught it may close the files that the task still works on.
        future.exception()
    future.result()


def by_strips(image: Image.Image, convert: Callable[[Image.Image], Image.Image], mode: str) -> Image.Image:
    """`convert` over strips of the picture, two at a time; the result is in `mode`."""
    result = Image.new(mode, image.size)
    tops = range(0, image.height, _STRIP_ROWS)
    strips = [(0, top, image.width, min(top + _STRIP_ROWS, image.height)) for top in tops]

    def run(boxes: list[tuple[int, int, int, int]]) -> None:
        for box in boxes:
            result.paste(convert(image.crop(box)), box)

    with beside(lambda: run(strips[::2])):
        run(strips[1::2])
    return result


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="pixels")
