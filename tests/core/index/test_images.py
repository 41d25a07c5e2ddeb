"""index: what was written by this service is taken as it is, what another wrote is put right."""

import json

import pytest

from core.index.entries import DamagedIndex, Entry
from core.index.images import Index


def index(*entries, primary=None, **more):
    return Index("p", json.dumps({"project_id": "p", "primary_image_id": primary, "images": entries} | more).encode())


def entry(image, **more):
    return {"id": image, "ext": "jpg", "created_at": "2026-02-21T19:01:02.123Z"} | more


def written(index):
    return json.loads(b"".join(index.encode()))


@pytest.mark.parametrize(
    "odd",
    [{"created_at": None}, {"created_at": 7}, {"ext": None}, {"sizes": None}, {"sizes": {"original": 5}}, {"x": [1]}],
)
def test_an_odd_entry_is_still_the_image_that_its_id_names(odd):
    assert [known.id for known in index(entry("a"), entry("b", **odd), primary="b").entries()] == ["a", "b"]


def test_an_odd_entry_is_written_again_as_it_was():
    changed = index(entry("a", created_at=None, caption="x"), primary="a")
    changed.append(Entry("b"))
    assert written(changed)["images"][0] == entry("a", created_at=None, caption="x")


@pytest.mark.parametrize("primary", [None, "gone"])
def test_without_a_listed_primary_the_first_image_is_it(primary):
    assert index(entry("a"), entry("b"), primary=primary).primary == "a"
    assert index(primary=primary).primary is None


def test_an_image_that_is_listed_twice_is_listed_once():
    doubled = index(entry("a"), entry("b"), entry("a"), primary="a")
    assert doubled.image_ids() == ["a", "b"]
    assert doubled.discard("a")
    assert (doubled.image_ids(), doubled.primary) == (["b"], "b")


def test_an_id_that_can_be_none_is_left_out():
    kept = index(entry("../x"), entry("a.b"), entry(""), entry("a"), primary="a.b")
    assert (kept.image_ids(), kept.primary) == (["a"], "a")


def test_an_id_written_with_escapes_is_found_by_its_letters():
    escaped = Index("p", b'{"project_id":"p","primary_image_id":null,"images":[{"id":"\\u0061bc","created_at":"x"}]}')
    assert "abc" in escaped
    assert escaped.discard("abc")
    assert len(escaped) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"project_id":"p","images":[null]}',
        b'{"project_id":"\xff"}',
        b'{"project_id":"p","images":{},"revision":1}',
        b'{"project_id":"p","images":null,"revision":1}',
        b'{"project_id":"p","images":[{],"revision":1}',
    ],
)
def test_what_is_no_index_is_damaged(content):
    with pytest.raises(DamagedIndex):
        Index("p", content)


@pytest.mark.parametrize(("gone", "primary"), [("a", "b"), ("b", "c"), ("c", "a")])
def test_next_in_order_follows_a_discarded_primary(gone, primary):
    images = index(entry("a"), entry("b"), entry("c"), primary=gone)
    images.discard(gone)
    assert images.primary == primary


def test_discarding_another_image_keeps_the_primary():
    images = index(entry("a"), entry("b"), primary="b")
    images.discard("a")
    assert images.primary == "b"


def test_only_a_change_marks_it_to_be_written():
    images = index(entry("a"), entry("b"), primary="a")
    images.set_primary("a")
    assert not images.discard("unknown")
    images.append(Entry("b"))
    assert not images.changed
    images.set_primary("b")
    assert images.changed


@pytest.mark.parametrize("listed", [b"[]", b"[ \n ]", b'[{"id": "a"}]', b'[ {"id": "a"} , {"id":"b"}\n]'])
def test_what_is_added_to_stays_as_it_was_written(listed):
    kept = Index("p", b'{"revision":4,"project_id":"p","primary_image_id":null,"images":' + listed + b"}")
    kept.append(Entry("x"))
    assert listed[:-1] in b"".join(kept.encode())
    kept.append(Entry("y"))
    assert [image["id"] for image in written(kept)["images"]] == [*(i["id"] for i in json.loads(listed)), "x", "y"]
    assert [entry.id for entry in kept.entries()] == kept.image_ids()


def test_what_was_added_can_be_changed_again():
    changed = Index("p", b'{"revision":4,"project_id":"p","primary_image_id":"a","images":[{"id":"a"}]}')
    changed.append(Entry("x"))
    assert changed.position("x") == 1
    assert changed.discard("a")
    changed.append(Entry("z"))
    assert (changed.image_ids(), changed.primary, len(changed)) == (["x", "z"], "x", 2)
    assert [image["id"] for image in written(changed)["images"]] == ["x", "z"]


def test_what_was_added_is_counted_at_once():
    images = index(entry("a"), primary="a", revision=1)
    assert len(images.entries()) == 1
    images.append(Entry("x"))
    assert len(images) == 2


def test_size_of_less_than_nothing_weighs_nothing():
    sizes = {name: {"width": 1, "height": 1, "bytes": number} for name, number in (("thumb", -5), ("medium", 7))}
    assert index(entry("a", sizes=sizes), primary="a", revision=1).weight() == (1, 7)


def test_image_is_found_by_its_id_and_not_by_another_key():
    images = index(entry("a", caption="b"), entry("b"), primary="a", revision=1)
    assert (images.position("a"), images.position("b")) == (0, 1)


def test_sizes_are_told_of_one_image_or_of_all():
    size = {"width": 1, "height": 1, "bytes": 1}
    images = index(entry("a", sizes={"thumb": size}), entry("b", sizes={"banner": size}), entry("c"), revision=1)
    assert (images.sizes("a"), images.sizes("c"), images.sizes("none")) == ({"thumb"}, set(), set())
    assert images.sizes() == {"thumb", "banner"}


@pytest.mark.parametrize(("kept", "primary"), [(["b", "a"], "b"), (["a", "new"], "a"), ([], None)])
def test_restored_index_keeps_the_primary_among_them(kept, primary):
    images = index(entry("a", caption="x"), entry("b"), primary="b", revision=1)
    images.restore([Entry(image) for image in kept])
    assert images.changed
    assert (images.image_ids(), images.primary) == (kept, primary)
    assert [known.get("caption") for known in written(images)["images"]] == ["x" if i == "a" else None for i in kept]


@pytest.mark.parametrize(
    ("moved", "after", "order"),
    [("c", None, "cabd"), ("dc", None, "dcab"), ("a", "d", "bcda"), ("da", "b", "bdac"), ("b", "a", "abcd")],
)
def test_arranged_images_come_behind_another_or_first(moved, after, order):
    images = index(*(entry(image) for image in "abcd"), primary="b", revision=1)
    images.arrange(list(moved), after)
    assert ("".join(images.image_ids()), images.primary) == (order, "b")
    assert images.changed == (order != "abcd")
