"""Assurance computed from evidence: the ``acr`` of our tokens (OpenID Connect Core §2)."""

from collections.abc import Iterable, Mapping

from limen.access.sessions.records import Evidence

SINGLE_FACTOR = "urn:limen:aal:1"
MULTI_FACTOR = "urn:limen:aal:2"

_FACTORS: Mapping[str, str] = {
    "pwd": "knows",
    "pin": "knows",
    "otp": "has",
    "sms": "has",
    "hwk": "has",
    "swk": "has",
}
"""What an authenticator (RFC 8176) shows. A mailbox is missing: it is no factor (SP 800-63B-4 §3.1.3.1)."""


def acr(evidence: Iterable[Evidence]) -> str:
    """Return the assurance that *evidence* bears; empty where it bears none."""
    factors: set[str] = set()
    for piece in evidence:
        factor = _FACTORS.get(piece.authenticator)
        if factor is not None:
            factors.add(factor)
            if piece.user_verified:  # by a PIN or a biometric, at the authenticator itself
                factors.add("verified")
    return MULTI_FACTOR if len(factors) > 1 else SINGLE_FACTOR if factors else ""
