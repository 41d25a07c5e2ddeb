"""What a grant covers."""

import pytest

from core.access.grants import Grant, from_claims, from_gateway
from core.errors import Unauthorized


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


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "images/upload images/read other/delete delete"}, {"upload", "read"}),
        ({"scp": "[images/upload images/list]"}, {"upload", "list"}),
        ({"scope": "read"}, set()),
        ({"scope": ""}, set()),
    ],
)
def test_an_issuers_scopes_are_those_after_its_prefix(claims, scopes):
    grant = from_gateway({"custom:project": "12*", "exp": "1", **claims}, "custom:project", "images/")
    assert (grant.project, grant.scopes) == ("12*", frozenset(scopes))


def test_an_issuers_list_without_a_prefix():
    assert from_gateway({"project": "1", "scp": ["upload", "x"]}, "project", "").scopes == {"upload"}


@pytest.mark.parametrize("claims", [{"project": "1"}, {"scope": "read"}, {"project": "a/b", "scope": "read"}])
def test_an_issuers_token_names_its_project_and_scopes(claims):
    with pytest.raises(Unauthorized):
        from_gateway(claims, "project", "")
