"""What a token allows: projects, scopes and limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import ids
from core.errors import Unauthorized

SCOPES = ("upload", "delete", "primary", "read", "list")
_SUBJECT_LENGTH = 200  # characters; the subject is written to log lines


@dataclass(frozen=True, slots=True)
class Grant:
    """What one token allows. `project` is an id, a prefix that ends with `*`, or `*`; limits (None: no limit) apply to
    a whole project."""

    project: str = "*"
    scopes: frozenset[str] = frozenset(SCOPES)
    subject: str | None = None
    max_bytes: int | None = None
    max_images: int | None = None

    def allows(self, scope: str, project: str | None) -> bool:
        """Whether the grant has the scope for this project; None means no particular project."""
        return scope in self.scopes and (project is None or self.covers(project))

    def covers(self, project: str) -> bool:
        """Whether this is one of the grant's projects."""
        prefix = self.project.removesuffix("*")
        return project.startswith(prefix) if prefix != self.project else project == self.project


ANYTHING = Grant()


def from_gateway(claims: Mapping[str, Any], project_claim: str, scope_prefix: str) -> Grant:
    """The grant of a token that the gateway's authorizer has verified; Unauthorized names the missing claim.

    An issuer has its own name for the project's claim, may write `scp` for `scope`, and puts its own prefix before a
    scope (`images/upload`); a scope without the prefix is another service's. A list arrives as text in brackets.
    """
    shown = claims.get("scope", claims.get("scp"))
    names = shown.removeprefix("[").removesuffix("]").split() if isinstance(shown, str) else shown
    if not isinstance(names, list):
        raise Unauthorized("The token has no claim `scope` or `scp`.")
    own = [str(name).removeprefix(scope_prefix) for name in names if str(name).startswith(scope_prefix)]
    if project_claim not in claims:
        raise Unauthorized(f"The token has no claim `{project_claim}`, which names its project.")
    # A token for other services alone is valid, though it allows nothing here; without any scope it would be refused.
    return from_claims({**claims, "project": claims[project_claim], "scope": own or ["none of ours"]})


def from_claims(claims: Mapping[str, Any]) -> Grant:
    """The grant that a token's claims describe; Unauthorized names the invalid claim.

    `scope` is a text with spaces (RFC 8693) or a list. Numbers may be text, since an API gateway passes them as text.
    """
    project, subject = claims.get("project"), claims.get("sub")
    if not isinstance(project, str) or not _is_pattern(project):
        raise Unauthorized("The token's claim `project` must be a project id, a prefix that ends with *, or *.")
    if subject is not None and not isinstance(subject, str):
        raise Unauthorized("The token's claim `sub` must be a text.")
    return Grant(
        project=project,
        scopes=_scopes(claims.get("scope")),
        subject=subject[:_SUBJECT_LENGTH] if subject else None,
        max_bytes=_limit(claims, "max_bytes"),
        max_images=_limit(claims, "max_images"),
    )


def _is_pattern(text: str) -> bool:
    return text == "*" or ids.is_project_id(text.removesuffix("*"))


def _scopes(claim: object) -> frozenset[str]:
    names = claim.split() if isinstance(claim, str) else claim
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise Unauthorized(f"The token's claim `scope` must name some of: {' '.join(SCOPES)}.")
    return frozenset(names) & frozenset(SCOPES)  # a token may carry scopes of other services


def _limit(claims: Mapping[str, Any], name: str) -> int | None:
    value = claims.get(name)
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        value = int(value)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise Unauthorized(f"The token's claim `{name}` must be a whole number.")
    return value
