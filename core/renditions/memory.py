"""How the memory of pixels is kept: what one picture gave back, the next one takes.

Left to themselves, Pillow asks for a picture in blocks of 16 MB and the C library has the kernel map such a block
afresh each time and take it away again, page by page: a fifth of an upload. Blocks of 1 MB fit wherever there is
room, and a heap with 64 MB of room at its end is neither trimmed nor left for the kernel's mappings.
"""

import contextlib
import ctypes

from PIL import Image

_BLOCK = 1 << 20
_ROOM = 64 << 20  # bytes; address space alone until pictures have used it
_ARENAS = 4  # a decoder may start a thread a core, and each arena takes 64 MB of address space
_M_TOP_PAD, _M_ARENA_MAX = -2, -8  # as glibc's malloc.h numbers them


def keep() -> None:
    """Sets all of it for this process, once; another C library than glibc keeps memory as it does."""
    Image.core.set_block_size(_BLOCK)  # type: ignore[attr-defined]  # documented, but not in Pillow's types
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_M_TOP_PAD, _ROOM)
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
