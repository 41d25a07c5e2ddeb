"""Bytes in, a clean JPEG of each size out; the only package that imports PIL.

Every JPEG that `render` writes has been decoded, is upright without a tag, opaque, and in sRGB (an original may keep
its RGB or gray profile instead, reduced to the tags that affect colours). It holds nothing else of the file: no EXIF,
GPS, XMP, comment, thumbnail, second image or trailing bytes. A fault of the file raises RejectedImage; any other
exception is our own fault.

    pipeline    the order of the work
    formats     which decoder may read which bytes; unread names the other files
    container   what a walk over a file finds before any decoder runs; png, webp, gif, tiff, heif (and core/jpeg)
    exif        the orientation, and when the picture was taken
    limits      what is rejected from the header alone; cost estimates the memory that a picture takes
    decoding    compressed bytes -> pixels; the one place where an exception is the file's fault
    scan        a JPEG rebuilt to hold its picture alone
    profile     embedded colour profiles; icc parses them, numbers makes them from colours given as numbers
    colour      any mode and profile -> opaque pixels, and to sRGB
    scaling     pixels -> each size
    placeholder a preview to show while a picture loads
    parallel    a second core for one upload
    memory      how the memory of pixels is kept
"""

import logging
import warnings

from PIL import Image

from core.renditions import memory
from core.renditions.formats import preload
from core.renditions.pipeline import render

__all__ = ["preload", "render"]

# Decoders' warnings about damaged files are harmless here, or a refusal says the same; they need not fill the log.
warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
logging.getLogger("PIL").setLevel(logging.CRITICAL)
Image.MAX_IMAGE_PIXELS = None  # some plugins check it while they open a file; limits and cost are more exact
memory.keep()
