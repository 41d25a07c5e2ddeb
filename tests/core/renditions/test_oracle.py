"""What is accepted looks as another reader shows the unchanged bytes: nothing that a decoder would read is dropped."""

import io
import random

import numpy as np
import pytest
from fuzz.mutations import mutated as damaged
from photos import picture
from PIL import Image, ImageFile
from rendering import encoded, rendered

from core.errors import RejectedImage

KINDS = [{}, {"progressive": True}, {"restart_marker_blocks": 3}, {"restart_marker_rows": 1, "progressive": True}]


def shown(data: bytes) -> np.ndarray:
    with pytest.MonkeyPatch.context() as patch, Image.open(io.BytesIO(data)) as image:
        patch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # a file without its end is shown as far as it goes
        return np.asarray(image.convert("RGB")).astype(int)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference between the means of blocks of 8 x 8 pixels: high where a part was lost."""
    rows, columns = one.shape[:2]
    whole = np.pad(one - other, ((0, -rows % 8), (0, -columns % 8), (0, 0)))
    blocks = whole.reshape(whole.shape[0] // 8, 8, whole.shape[1] // 8, 8, 3)
    return float(np.abs(blocks.mean(axis=(1, 3))).max())


def restart_markers(data: bytes) -> list[int]:
    start = data.index(b"\xff\xda")
    return [i for i in range(start, len(data) - 1) if data[i] == 0xFF and 0xD0 <= data[i + 1] <= 0xD7]


@pytest.mark.parametrize("spare", [1, 2, 100])
def test_spare_bytes_before_restart_markers_cost_nothing(spare):
    plain = encoded(picture(300, 200), restart_marker_blocks=8)
    marked = plain
    for at in reversed(restart_markers(plain)):
        marked = marked[:at] + b"\xff" * spare + marked[at:]
    assert rendered(marked)["original"].data == rendered(plain)["original"].data


@pytest.mark.parametrize(
    "junk", [b"\xff\x01", b"\xff\x02", b"\xff\xd0", b"\xff\xd5", b"\0", b"\xff\xfe\0\2", b"\xff\xdb\0\2"]
)
@pytest.mark.parametrize("options", KINDS)
def test_foreign_bytes_inside_a_scan_lose_no_more_than_a_decoder_does(options, junk):
    plain = encoded(picture(300, 200), **options)
    for at in [*restart_markers(plain)[:9:4], len(plain) * 3 // 4]:
        mutated = plain[:at] + junk + plain[at:]
        try:
            original = rendered(mutated)["original"].pixels
        except RejectedImage:
            continue
        assert difference(original, shown(mutated)) < 40


@pytest.mark.parametrize("options", KINDS)
def test_damaged_files_that_are_accepted_look_as_a_decoder_shows_them(options):
    plain = encoded(picture(120, 80), **options)
    chance = random.Random(repr(options))
    accepted = 0
    for _ in range(150):
        mutated = damaged(plain, plain, chance)
        try:
            original = rendered(mutated)["original"].pixels
        except RejectedImage:
            continue
        accepted += 1
        assert difference(original, shown(mutated)) < 40, mutated.hex()
    assert accepted
