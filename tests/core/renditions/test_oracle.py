"""What is accepted looks as another reader shows the unchanged bytes: nothing that a decoder would read is dropped."""

import random

import numpy as np
import pytest
from fuzz import oracle
from fuzz.mutations import mutated as damaged
from fuzz.seeds import seeds
from photos import picture
from rendering import encoded, rendered

from core.errors import RejectedImage

KINDS = [{}, {"progressive": True}, {"restart_marker_blocks": 3}, {"restart_marker_rows": 1, "progressive": True}]


SEEDS = seeds()


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
def test_foreign_bytes_in_a_scan_lose_no_more_than_elsewhere(options, junk):
    plain = encoded(picture(300, 200), **options)
    for at in [*restart_markers(plain)[:9:4], len(plain) * 3 // 4]:
        mutated = plain[:at] + junk + plain[at:]
        try:
            original = rendered(mutated)["original"].pixels
        except RejectedImage:
            continue
        assert oracle.verdict(mutated, original) != "other"


@pytest.mark.parametrize("name", SEEDS)
def test_a_file_of_every_kind_looks_as_others_show_it(name):
    assert oracle.verdict(SEEDS[name], rendered(SEEDS[name])["original"].pixels) in ("same", "alone")
    assert oracle.readable(SEEDS[name]) or name.startswith(("tiff I", "tiff F", "tiff LAB"))


def test_the_oracle_sees_a_lost_part():
    data = encoded(picture(300, 200))
    lost = np.asarray(picture(300, 200)).astype(int).copy()
    lost[180:] = 128
    assert oracle.verdict(data, np.asarray(picture(300, 200)).astype(int)) == "same"
    assert oracle.verdict(data, lost) == "other"
    assert oracle.verdict(b"nothing", lost) == "alone"


@pytest.mark.parametrize("files", [8, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SEEDS)
def test_damaged_files_look_as_others_show_them(name, files):
    chance = random.Random(name)
    for _ in range(files):
        mutated = damaged(SEEDS[name], SEEDS[name], chance)
        try:
            original = rendered(mutated)["original"].pixels
        except RejectedImage:
            continue
        assert oracle.verdict(mutated, original) != "other", mutated.hex()
