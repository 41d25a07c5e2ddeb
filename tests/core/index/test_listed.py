"""A share of an index, read in pieces: the same as the whole says, of whatever form the file is."""

import json
import os
from collections.abc import Container
from pathlib import Path
from typing import Any

import pytest

from core.index import listed
from core.index.entries import DamagedIndex, Rendition
from core.index.images import Index
from core.index.listed import Listed

SIZES = {"thumb": {"width": 4, "height": 3, "bytes": 7}}
ENTRIES: list[dict[str, Any]] = [
    {"id": "a", "name": 'x"},{"id":"b', "sizes": SIZES},
    {"id": "b", "sizes": None},
    {"id": "c", "name": "[{}] , "},
    {"id": "d", "sizes": SIZES},
    {"id": "e", "sizes": {"thumb": 5}},
]


class Everything:
    def __contains__(self, name: object) -> bool:
        return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "meta.json"


def read(path: Path, content: bytes, share: Container[str], measured: Container[str] = ()) -> Listed:
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return listed.read(descriptor, share, measured)
    finally:
        os.close(descriptor)


def encoded(*entries: dict[str, Any], **how: Any) -> bytes:
    return json.dumps({"revision": 5, "project_id": "p", "primary_image_id": "c", "images": entries}, **how).encode()


@pytest.mark.parametrize("how", [{}, {"indent": 1}, {"separators": (",", ":")}], ids=str)
@pytest.mark.parametrize("piece", [10, 50, 1 << 22])
def test_share_is_what_the_whole_lists_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], piece: int
) -> None:
    monkeypatch.setattr(listed, "_PIECE", piece)
    assert read(path, encoded(*ENTRIES, **how), {"a", "c", "e", "z"}, {"a", "b", "c", "e"}) == Listed(
        ["a", "c", "e"], "c", {"a": {"thumb": Rendition(4, 3, 7)}, "c": {}, "e": {}}
    )


def test_whole_index_is_listed_in_the_same_way(path: Path) -> None:
    content = encoded(*ENTRIES[:4])
    whole = listed.listed_by(Index("p", content), {"a", "c"})
    assert whole == Listed(["a", "b", "c", "d"], "c", {"a": {"thumb": Rendition(4, 3, 7)}, "c": {}})
    assert read(path, content, Everything(), {"a", "c"}) == whole


def test_keys_may_stand_in_any_order(path: Path) -> None:
    content = json.dumps({"images": ENTRIES[:4], "primary_image_id": "c", "project_id": "p"}).encode()
    assert read(path, content, Everything(), {"a", "c"}) == listed.listed_by(Index("p", content), {"a", "c"})


@pytest.mark.parametrize("how", [{}, {"indent": 1}, {"separators": (",", ":")}], ids=str)
def test_empty_index_lists_nothing(path: Path, how: dict[str, Any]) -> None:
    assert read(path, encoded(**how), Everything()) == Listed([], "c", {})


def test_large_index_is_not_decoded_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode, lengths = listed._decode_piece, []
    monkeypatch.setattr(listed, "_PIECE", 100)
    monkeypatch.setattr(listed, "_decode_piece", lambda piece: (lengths.append(len(piece)), decode(piece))[1])
    entries = [{"id": f"i{number}"} for number in range(100)]
    assert len(read(path, encoded(*entries), Everything()).images) == 100
    assert max(lengths) < 200


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{}", b'{"images": 7}', encoded(*ENTRIES)[:-2], encoded(*ENTRIES)[:-40]),
        *(encoded({"id": "no id"}), encoded({"id": 7}), encoded({}), b'{"images": [{"id": "a"} {"id": "b"}]}'),
        b" " * (1 << 16) + encoded(*ENTRIES),
        *(encoded(*ENTRIES)[:-1], encoded(*ENTRIES) + b"}", encoded(*ENTRIES).replace(b"project_id", b"project")),
    ],
)
def test_what_is_no_index_is_damaged(path: Path, content: bytes) -> None:
    with pytest.raises(DamagedIndex):
        read(path, content, Everything())
