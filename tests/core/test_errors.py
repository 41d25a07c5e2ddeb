"""The error tree: drawn at its top as it is, and each kind told apart."""

import re

from core import errors


def kinds(base=errors.ServiceError):
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_the_drawing_is_the_tree():
    drawn = re.findall(r"[├└]── (\w+)\s+(\d{3})(?: +([a-z-]+))?", errors.__doc__ or "")
    real = {kind.__name__: kind for kind in kinds()}
    assert {name for name, _, _ in drawn} == set(real)
    for name, status, slug in drawn:
        assert real[name].status == int(status), name
        assert not slug or real[name].slug == slug, name


def test_each_kind_has_a_slug_of_its_own():
    slugs = [kind.slug for kind in kinds()]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z-]+", slug) for slug in slugs)
