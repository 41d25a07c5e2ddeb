"""doctor on a large volume: a hundred thousand images in a thousand projects."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trees import Tree

from core import ids
from core.sizes import STANDARD

PROJECTS, IMAGES = 1000, 100
BORN = 1_700_000_000_000
MEMORY = 64 * 1024  # KiB


def _multiply(tree: Tree) -> None:
    """Projects full of hard links to one image's files."""
    image = tree.upload()
    files = {size: tree.path(size, image) for size in STANDARD}
    entry = tree.index()["images"][0]
    for number in range(PROJECTS - 1):
        folder = tree.layout.folder.parent / f"p{number}"
        made = [ids.new_image_id(BORN + place) for place in range(IMAGES)]
        for size in STANDARD:
            (folder / size).mkdir(parents=True)
            files[size] = Path(
                shutil.copy(files[size], folder / size / f"{made[0]}.jpg")
            )  # a file has so many links only
            for name in made[1:]:
                os.link(files[size], folder / size / f"{name}.jpg")
        index = {"revision": 1, "project_id": folder.name, "primary_image_id": made[0]}
        (folder / "meta.json").write_text(json.dumps(index | {"images": [entry | {"id": name} for name in made]}))


@pytest.mark.slow
def test_hundred_thousand_images_are_checked_in_bounded_memory(tree: Tree) -> None:
    _multiply(tree)
    began = time.monotonic()
    command = [sys.executable, "-m", "core.doctor", "check", "--json", "--storage", str(tree.settings.storage_root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)

    assert process.returncode == 0, output[-1000:]
    summary = json.loads(output)["summary"]
    assert summary == {"projects": PROJECTS, "images": (PROJECTS - 1) * IMAGES + 1, "found": {}, "failed": 0}
    memory = usage.ru_maxrss
    assert memory < MEMORY
    print(f"check of {summary['images']} images in {PROJECTS} projects: {time.monotonic() - began:.0f} s, {memory} KiB")
