"""What is shown while a picture loads: a ThumbHash, the picture's colours and shape in some 25 bytes."""

import base64

from PIL import Image
from thumbhash import rgba_to_thumb_hash  # type: ignore[import-untyped]

from core.sizes import Size

BOX = Size(24, 24)  # what it is made from: it holds seven waves a side, so more pixels take time and change little


def of(image: Image.Image) -> str:
    """The ThumbHash of an upright sRGB picture within BOX, in base64."""
    opaque = image.convert("RGB")
    opaque.putalpha(255)  # not by `convert`, which would make a colour transparent that the file named as such
    return base64.b64encode(bytes(rgba_to_thumb_hash(*opaque.size, opaque.tobytes()))).decode()
