"""A name found on disk forges no line of the report, and cannot stop it."""

import io
import json
import os
from pathlib import Path

import pytest
from trees import Tree

from core.doctor.__main__ import main

NAMES = [b"a\np  orphan  b", b"\x1b[2Jx", "\u202egpj.x".encode(), "\u009b2J".encode(), b"\xff\xfe"]


@pytest.mark.parametrize("name", NAMES)
def test_name_stays_on_its_line(tree: Tree, name: bytes) -> None:
    tree.upload()
    for folder in (tree.layout.folder, tree.layout.folder.parent):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).touch()
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    main(["check", "--storage", str(tree.settings.storage_root)], out)
    out.seek(0)
    text = out.read()
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    *found, counted, total = text.splitlines()
    assert ["foreign" in line for line in found] == [True, True]
    assert counted.split()[:2] == ["2", "foreign"]
    assert total.startswith("1 projects, 1 images, 2 differences")


def test_json_keeps_the_name(tree: Tree) -> None:
    tree.upload()
    tree.write("a\nb")
    _, found = tree.doctor("check")
    assert found == [("foreign", "a\nb")]
    assert json.dumps("a\nb") == '"a\\nb"'
