"""Assurance computed from evidence: the ``acr`` of our tokens (OpenID Connect Core §2)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from limen.access.sessions.records import Evidence

SINGLE_FACTOR = "urn:limen:aal:1"
MULTI_FACTOR = "urn:limen:aal:2"

SERVED: Final = frozenset({SINGLE_FACTOR, MULTI_FACTOR})
"""What a customer can be asked for."""

_FACTORS: Mapping[str, str] = {
    "pwd": "knows",
    "pin": "knows",
    "otp": "has",
    "recovery_code": "has",
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


def stated(evidence: Iterable[Evidence], required: Collection[str] = ()) -> str | None:
    """Return the ``acr`` to state, which is one of *required* where any is; None if *evidence* bears none of them.

    More than was required meets it, and is stated as what was required (OpenID Connect Core §5.5.1.1).
    """
    reached = acr(evidence)
    if not required or reached in required:
        return reached
    return SINGLE_FACTOR if reached == MULTI_FACTOR and SINGLE_FACTOR in required else None
