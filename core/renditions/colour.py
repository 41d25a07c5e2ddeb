"""Any mode and profile -> opaque 8-bit sRGB, or gray.

Transparency is composited over white with the alpha as weight, before any resizing, so that the colours under fully
transparent pixels never show through.
"""

import io

from PIL import Image

BACKGROUND = (255, 255, 255)


def usable_profile(profile: bytes | None, mode: str) -> bytes | None:
    """The profile if it can be used for pixels of this mode, trimmed to its own length; None otherwise."""
    if not profile or len(profile) < 128:
        return None
    from PIL import ImageCms  # on first use: most pictures of a service carry no profile or are not asked for it

    try:
        trimmed = profile[: int.from_bytes(profile[:4])]
        space = ImageCms.ImageCmsProfile(io.BytesIO(trimmed)).profile.xcolor_space.strip()
    except Exception:  # a broken profile is ignored
        return None
    wanted = "GRAY" if mode[0] in "1LI" else "CMYK" if mode == "CMYK" else "RGB"
    return trimmed if space == wanted else None


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture as opaque 'RGB' or 'L' in sRGB."""
    alpha = None
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        alpha, image = rgba.getchannel("A"), rgba.convert("RGB")
    elif image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode in ("1", "L"):
        image = image.convert("L")
    elif image.mode not in ("RGB", "CMYK"):
        image = image.convert("RGB")
    image = _through_profile(image, profile)
    if alpha is not None:
        background = Image.new("RGB", image.size, BACKGROUND)
        background.paste(image, mask=alpha)
        return background
    return image


def _through_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile is None:
        return image.convert("RGB") if image.mode == "CMYK" else image
    from PIL import ImageCms

    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if image.mode == "L" and source.profile.xcolor_space.strip() == "RGB":
        return image
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    try:
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB", flags=flags
        )
    except ImageCms.PyCMSError:
        return image.convert("RGB") if image.mode == "CMYK" else image
    assert converted is not None
    return converted.convert("L") if image.mode == "L" else converted
