"""What was revoked lately, in memory: introspection and userinfo need no database, and see a revocation at once.

Loaded once per tenant, kept current by the change feed. When the feed is not fresh the database is asked instead.
"""

from collections.abc import Callable
from typing import Any

from limen.access.jose.verify import VerifiedToken
from limen.access.tokens.store import HotTokens
from limen.kernel.clock import HOUR, SECOND, Clock, Instant

LONGEST_TOKEN = 24 * HOUR
"""No access token lives longer (enforced where lifetimes are set), so that nothing older needs to be remembered."""
_FORGET_EVERY = HOUR


class RevocationView:
    """One tenant's revocations, as far back as a token can reach."""

    def __init__(self, hot: HotTokens, clock: Clock, is_fresh: Callable[[], bool]) -> None:
        """Read from *hot* while *is_fresh* says no."""
        self._hot, self._clock, self._is_fresh = hot, clock, is_fresh
        self._loaded_at: Instant | None = None
        self._tokens: set[str] = set()
        self._families: set[str] = set()
        self._subjects: dict[str, Instant] = {}

    def hear(self, kind: str, key: str) -> None:
        """Take note of one change."""
        if kind == "token":
            self._tokens.add(key)
        elif kind == "family":
            self._families.add(key)
        elif kind == "subject":
            subject, _, valid_after = key.rpartition(":")
            self._subjects[subject] = max(int(valid_after), self._subjects.get(subject, 0))

    async def is_revoked(self, token: VerifiedToken) -> bool:
        """Tell whether *token* was revoked by itself, by its family or by its customer."""
        claims = token.claims
        family, subject = str(claims.get("fid", "")), str(claims["sub"]) if "fid" in claims else ""
        issued_at = _end_of_second(claims)
        if not self._is_fresh():
            return await self._hot.is_revoked(str(claims["jti"]), family, subject, issued_at)
        if self._loaded_at is None or self._clock.now() - self._loaded_at > _FORGET_EVERY:
            await self._load()
        return claims["jti"] in self._tokens or family in self._families or self._subjects.get(subject, 0) > issued_at

    async def _load(self) -> None:
        now = self._clock.now()
        known = await self._hot.revocations(now - LONGEST_TOKEN)
        self._tokens |= known.tokens
        self._families |= known.families
        for subject, valid_after in known.subjects.items():
            self._subjects[subject] = max(valid_after, self._subjects.get(subject, 0))
        self._loaded_at = now


def _end_of_second(claims: Any) -> Instant:
    """``iat`` has whole seconds: a token counts as issued at the end of its own; its family settles the rest."""
    return (int(claims["iat"]) + 1) * SECOND - 1
