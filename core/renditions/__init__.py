"""Bytes in, four clean JPEGs out; the only package that imports PIL.

What `render` returns from has been decoded whole, stands upright without a tag, is opaque, and is sRGB (an original
whose compressed scan was kept may instead carry its RGB or gray profile). None of the four holds
anything else of the file: no EXIF, GPS, XMP, comment, thumbnail, second image or trailing bytes.
What the file is to blame for is a RejectedImage; anything else that escapes is a fault of ours.

    formats     which bytes may meet which decoder, and how it is opened
    limits      what is refused from the header, before a pixel is decoded
    decoding    compressed bytes -> pixels; the one place where a decoder's exceptions are the file's fault
    colour      any mode and profile -> opaque sRGB (or gray)
    scaling     pixels -> medium, thumb and game
"""

from core.renditions.pipeline import render

__all__ = ["render"]
