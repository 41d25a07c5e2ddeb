"""What a grant covers."""

import pytest

from core.access.grants import Grant, from_claims


@pytest.mark.parametrize(
    ("pattern", "project", "covered"),
    [
        ("123", "123", True),
        ("123", "1234", False),
        ("12*", "123", True),
        ("12*", "12", True),
        ("12*", "1", False),
        ("*", "anything", True),
    ],
)
def test_projects(pattern, project, covered):
    assert Grant(pattern).covers(project) is covered


def test_scope_and_project_are_both_needed():
    grant = Grant("1", frozenset({"upload"}))
    assert grant.allows("upload", "1")
    assert not grant.allows("upload", "2")
    assert not grant.allows("delete", "1")
    assert grant.allows("upload", None)


def test_scopes_of_other_services_are_ignored():
    assert from_claims({"project": "*", "scope": ["read", "openid"]}).scopes == {"read"}


def test_a_gateway_hands_on_numbers_as_text():
    assert from_claims({"project": "*", "scope": "read", "max_bytes": "12"}).max_bytes == 12
