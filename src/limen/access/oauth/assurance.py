"""Assurance computed from evidence: the ``acr`` of our tokens (OpenID Connect Core §2), after NIST SP 800-63B-4."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from limen.access.sessions.records import Evidence
from limen.identity.tenants.assurance import Level

SINGLE_FACTOR: Final = "urn:limen:aal:1"
MULTI_FACTOR: Final = "urn:limen:aal:2"
HARDWARE: Final = "urn:limen:aal:3"

LEVELS: Final[Mapping[str, Level]] = {SINGLE_FACTOR: 1, MULTI_FACTOR: 2, HARDWARE: 3}
_NAMES: Final = {level: name for name, level in LEVELS.items()}

SERVED: Final = frozenset(LEVELS)
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


def level(evidence: Iterable[Evidence]) -> Level:
    """Return the authenticator assurance level that *evidence* bears; 0 where it bears none.

    The third wants two factors, one of them a key that cannot leave its device (SP 800-63B-4 §2.3.1).
    """
    factors: set[str] = set()
    is_hardware = False
    for piece in evidence:
        factor = _FACTORS.get(piece.authenticator)
        if factor is not None and not piece.restricted:
            factors.add(factor)
            is_hardware = is_hardware or piece.key_bound
            if piece.user_verified:  # by a PIN or a biometric, at the authenticator itself
                factors.add("verified")
    if len(factors) > 1:
        return 3 if is_hardware else 2
    return 1 if factors else 0


def acr(evidence: Iterable[Evidence]) -> str:
    """Return the assurance that *evidence* bears, as tokens state it; empty where it bears none."""
    return _NAMES.get(level(evidence), "")


def least(required: Collection[str]) -> Level:
    """Return the level by which one of *required* is met; 0 where nothing is required."""
    return min([LEVELS[name] for name in required if name in LEVELS], default=0)


def stated(evidence: Iterable[Evidence], required: Collection[str] = ()) -> str | None:
    """Return the ``acr`` to state, which is one of *required* where any is; None if *evidence* bears none of them.

    More than was required meets it, and is stated as the most that was required (OpenID Connect Core §5.5.1.1).
    """
    reached = level(evidence)
    if not required:
        return _NAMES.get(reached, "")
    return max((name for name in required if 0 < LEVELS.get(name, 4) <= reached), key=LEVELS.__getitem__, default=None)
