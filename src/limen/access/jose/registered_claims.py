"""What a token that somebody else signed says of itself: when it is good, for whom, and its name (RFC 7519 §4.1).

One reading for all of them: client assertions, request objects, software statements, the word of trusted issuers.
Whether the signature holds was asked before (:mod:`limen.access.jose.foreign`). No input raises.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from limen.kernel.clock import SECOND, Instant
from limen.kernel.errors import Invalid

SKEW: Final = 30 * SECOND
"""How far another's clock may be from ours."""
_MAX_DATE: Final = 1 << 40
"""Seconds: far beyond any use, and safe to multiply as a float."""
_MAX_JTI: Final = 256
_CODE: Final = "untimely"


def numeric_date(value: object) -> Instant | None:
    """Return a NumericDate (§2: a number, perhaps with a fraction) as an instant; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _MAX_DATE:
        return None
    return int(value * SECOND)


def untimely(claims: Mapping[str, Any], now: Instant) -> str:
    """Return why the times that are there do not hold at *now*; empty if they do. None of them is required."""
    times = {name: numeric_date(claims[name]) for name in ("exp", "nbf", "iat") if name in claims}
    if None in times.values():
        return "a time is not a number"
    expires = times.get("exp")
    if expires is not None and expires + SKEW <= now:
        return "expired"
    begins = (times.get("nbf"), times.get("iat"))
    return "not valid yet" if any(begin is not None and begin > now + SKEW for begin in begins) else ""


def good_until(claims: Mapping[str, Any], now: Instant, longest: int) -> Instant | Invalid:
    """Return until when the token would pass again: as long must be remembered that it was used.

    ``exp`` is required, and at most *longest* microseconds away.
    """
    expires = numeric_date(claims.get("exp"))
    if expires is None:
        return Invalid(_CODE, "exp is missing or not a number")
    if expires > now + longest + SKEW:
        return Invalid(_CODE, "valid for too long")
    problem = untimely(claims, now)
    return Invalid(_CODE, problem) if problem else expires + SKEW


def is_for_us_alone(claims: Mapping[str, Any], ours: Collection[str]) -> bool:
    """Tell whether every ``aud`` is one of *ours*: another server that is named beside us could show the token here."""
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    return bool(named) and all(isinstance(one, str) and one in ours for one in named)


def token_name(claims: Mapping[str, Any]) -> str | None:
    """Return ``jti``; None where it is missing, empty or too long."""
    jti = claims.get("jti")
    return jti if isinstance(jti, str) and 0 < len(jti) <= _MAX_JTI else None
