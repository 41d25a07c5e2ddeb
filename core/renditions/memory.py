"""Keeps the memory of pixels in the process: the next picture reuses what the last one freed.

By default Pillow allocates a picture in blocks of 16 MB, and the C library has the kernel map and unmap each block
anew, page by page: a fifth of an upload's time. Blocks of 1 MB fit into any free room of the heap, and with 64 MB of
room at its end the heap is neither trimmed nor bypassed with mappings.
"""

import contextlib
import ctypes

from PIL import Image

_BLOCK = 1 << 20
_ROOM = 64 << 20  # bytes; only address space until pictures have used it
_ARENAS = 4  # a decoder may start one thread per core, and each arena takes 64 MB of address space
_M_TOP_PAD, _M_ARENA_MAX = -2, -8  # as glibc's malloc.h numbers them


def keep() -> None:
    """Makes all these settings for this process, once; a C library other than glibc keeps its own behaviour."""
    Image.core.set_block_size(_BLOCK)  # type: ignore[attr-defined]  # documented, but not in Pillow's types
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_M_TOP_PAD, _ROOM)
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
