"""The placeholder to show while a picture loads: a ThumbHash, its colours and shape in some 25 bytes."""

import base64

from PIL import Image
from thumbhash import rgba_to_thumb_hash  # type: ignore[import-untyped]

from core.sizes import Size

BOX = Size(16, 16)  # its input; a ThumbHash has seven waves per side, so more pixels take time and change little


def of(image: Image.Image) -> str:
    """The ThumbHash of an upright sRGB picture within BOX, in base64."""
    opaque = image.convert("RGB")
    opaque.putalpha(255)  # not `convert`, which would make the file's transparent colour transparent again
    return base64.b64encode(bytes(rgba_to_thumb_hash(*opaque.size, opaque.tobytes()))).decode()
