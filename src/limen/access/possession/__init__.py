"""Proof of possession: who holds the key that a token is bound to.

Owns what can be said of a DPoP proof (RFC 9449) and of a client certificate (RFC 8705) without knowing clients, grants
or tenants: it is pure, and :func:`~limen.access.possession.proof.verify_proof` serves any endpoint of ours. Leaves to
``access.tokens.proving`` what a proof means for a request, and to storage that each counts once.
"""
