"""pyvips: the same four files by libvips, as its users write it (shrink-on-load, a pyramid of sizes)."""

from pathlib import Path

from bench.inputs import Photo

try:
    import pyvips  # type: ignore[import-untyped]
except (ImportError, OSError) as error:  # the package, or the library that it loads
    pyvips, _missing = None, str(error)
else:
    _missing = ""


def missing() -> str:
    """Why this peer cannot run here; empty when it can."""
    return _missing.splitlines()[0] if _missing else ""


def render(photo: Photo, paths: dict[str, Path]) -> None:
    """The four files; RuntimeError with what libvips says of a picture that it cannot read."""
    try:
        _render(photo, paths)
    except pyvips.Error as error:
        raise RuntimeError(" ".join(str(error).split())) from error


def _render(photo: Photo, paths: dict[str, Path]) -> None:
    """The original re-encoded upright in sRGB, and each smaller size from the next larger one."""
    image = pyvips.Image.new_from_file(str(photo.path), access="sequential")
    if image.get_typeof("orientation") and image.get("orientation") != 1:
        image = image.copy_memory().autorot()  # a turned picture is not read from top to bottom
    whole = image.icc_transform("srgb") if image.get_typeof("icc-profile-data") else image
    whole.jpegsave(str(paths["original"]), Q=90, keep="none")
    medium = pyvips.Image.thumbnail(
        str(photo.path), 1600, height=1600, size="down", output_profile="srgb"
    ).copy_memory()
    medium.jpegsave(str(paths["medium"]), Q=85, keep="none")
    thumb = medium.thumbnail_image(400, height=400, size="down").copy_memory()
    thumb.jpegsave(str(paths["thumb"]), Q=85, keep="none")
    thumb.thumbnail_image(50, height=50, crop="centre").jpegsave(str(paths["game"]), Q=85, keep="none")
