"""Who may do what: tokens, signed URLs, and the one decision that every request goes through.

    grants    a token's permissions: projects, scopes, limits
    keys      the signing secrets, by key id
    tokens    JWT <-> Grant; the only file that uses PyJWT
    urls      signed URLs of single pictures
    deciding  request -> Grant, or 401 or 403; touches no disk

Imports no web framework. Without keys everybody may do everything, which is for a laptop (see docs/security.md).
"""
