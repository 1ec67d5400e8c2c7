"""Tokens: redeeming codes, rotating refresh tokens, issuing, introspecting and revoking.

Owns grants, authorization codes and token families and the doors that serve them (RFC 6749 §5, 7009, 7662, 9068, OIDC
Core §5.3). Leaves the keys to ``access.jose`` and the authorization endpoint to ``access.oauth``.

A family is one row. Its states::

    live ──rotate──▶ live (generation + 1)          one conditional UPDATE
      │ previous token again within the grace       the same successor is answered again
      └─ any older token, or another client ──▶ revoked (and with it every access token of the family)

A refresh token is ``rt_`` + base64url(family 26 ‖ generation 4 ‖ secret 16 ‖ mac 16). The MAC is checked before the
database is asked, so that knowing a family's identifier cannot burn it. The successor's secret is derived from the
presented token under a tenant key: a lost answer can be given again, and neither the key alone nor the database alone
yields a token.
"""
