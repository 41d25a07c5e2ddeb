"""A second core for one upload: work that Pillow does without holding the interpreter's lock.

Tasks never wait for other tasks, so the pool cannot deadlock, however many uploads share it. It has only one thread,
since every thread that handles pixels keeps its own arena; a worker process makes one picture at a time.
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
    """Runs the task on another thread during the block; the block's end waits for it and raises its exception."""
    future = _pool().submit(task)
    try:
        yield future
    finally:
        # Wait also after an error: its handler may close the files that the task still uses.
        future.exception()
    future.result()


def by_strips(image: Image.Image, convert: Callable[[Image.Image], Image.Image], mode: str) -> Image.Image:
    """Applies `convert` to strips of the picture, two at a time; the result is in `mode`."""
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
