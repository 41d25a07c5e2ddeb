"""Bytes in, a clean JPEG of each size out; the only package that imports PIL.

What `render` returns from has been decoded, stands upright without a tag, is opaque, and is sRGB (an original may carry
its RGB or gray profile instead, reduced to what moves its colours). None of them holds anything else of the file: no
EXIF, GPS, XMP, comment, thumbnail, second image or trailing bytes. What the file is to blame for is a RejectedImage;
anything else that escapes is a fault of ours.

    pipeline    the order of the work
    formats     which bytes may meet which decoder; unread names the rest
    container   what a walk over a file finds before a decoder does; png, webp, gif, tiff, heif (and core/jpeg)
    exif        which way is up, and when it was taken
    limits      what is refused from the header; cost tells the memory that a picture takes
    decoding    compressed bytes -> pixels; the one place where an exception is the file's fault
    scan        a JPEG rebuilt from its picture alone
    profile     embedded colour profiles; icc takes them apart, numbers makes them of colours told by numbers
    colour      any mode and profile -> opaque pixels, and to sRGB
    scaling     pixels -> each size
    placeholder what is shown while a picture loads
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

# What decoders remark on damaged files is no damage here, or is said by a refusal; it need not fill the service's log.
warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
logging.getLogger("PIL").setLevel(logging.CRITICAL)
Image.MAX_IMAGE_PIXELS = None  # some plugins look at it while they open a file; limits and cost know better
memory.keep()
