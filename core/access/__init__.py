"""Who may do what: tokens, signed URLs, and the one decision that every request passes.

    grants    what a token allows: projects, scopes, limits
    keys      the secrets that sign, by their key id
    tokens    JWT <-> Grant; the only file that knows PyJWT
    urls      signed URLs of single pictures
    deciding  request -> Grant, or 401 or 403; touches no disk

Knows no web framework. Without keys everybody may do everything, which is for a laptop (see docs/security.md).
"""
