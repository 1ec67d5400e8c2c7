"""What was revoked lately, in memory: introspection and userinfo need no database, and see a revocation at once.

Loaded once per tenant, kept current by the change feed. When the feed is not fresh the database is asked instead.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from limen.access.jose.verify import VerifiedToken
from limen.access.tokens.store import HotTokens
from limen.kernel.clock import HOUR, SECOND, Clock, Instant

LONGEST_TOKEN = 24 * HOUR
"""No access token lives longer (enforced where lifetimes are set), so that nothing older needs to be remembered."""
_FORGET_EVERY = HOUR
SubjectOf = Callable[[Mapping[str, Any]], Awaitable[str]]
"""The claims of a token to the public subject of its customer; empty where there is none."""


class RevocationView:
    """One tenant's revocations, as far back as a token can reach."""

    def __init__(
        self, hot: HotTokens, clock: Clock, is_fresh: Callable[[], bool], subject_of: SubjectOf | None = None
    ) -> None:
        """Read from *hot* while *is_fresh* says no; *subject_of* looks behind pairwise subjects."""
        self._hot, self._clock, self._is_fresh = hot, clock, is_fresh
        self._subject_of = subject_of or _as_it_stands
        self._began: Instant | None = None
        self._loaded_at: Instant = 0
        self._loading = asyncio.Lock()
        self._tokens: dict[str, Instant] = {}
        self._families: dict[str, Instant] = {}
        self._subjects: dict[str, Instant] = {}
        self._live: set[str] = set()

    def hear(self, kind: str, key: str) -> None:
        """Take note of one change."""
        if kind == "token":
            self._tokens[key] = self._clock.now()
        elif kind == "family":
            self._families[key] = self._clock.now()
        elif kind == "subject":
            subject, _, valid_after = key.rpartition(":")
            self._subjects[subject] = max(int(valid_after), self._subjects.get(subject, 0))

    async def is_revoked(self, token: VerifiedToken) -> bool:
        """Tell whether *token* was revoked by itself, by its family or by its customer."""
        claims = token.claims
        family, subject = str(claims.get("fid", "")), ""
        has_customer = "fid" in claims  # empty where a trusted issuer speaks for one (RFC 7523): nobody signed in
        if has_customer:
            subject = await self._subject_of(claims)
            if not subject:
                return True  # its client is gone, or has another sector by now
        issued = _issued(claims)
        if not self._is_fresh():
            return await self._hot.is_revoked(str(claims["jti"]), family, subject, issued)
        if self._began is None or self._clock.now() - self._loaded_at > _FORGET_EVERY:
            await self._refresh()
        if claims["jti"] in self._tokens:
            return True
        if not has_customer:  # a client in its own name: nothing else to end
            return False
        if family in self._families or self._subjects.get(subject, 0) > issued:
            return True
        if not family:  # seldom: whether the customer is still there is the database's to say
            return await self._hot.is_revoked(str(claims["jti"]), "", subject, issued)
        return not await self._is_live(family, subject, claims)

    async def _is_live(self, family: str, subject: str, claims: Mapping[str, Any]) -> bool:
        """Tell whether a family is not deleted: with its customer it leaves nothing behind that could be loaded.

        Of a deletion since this view began it has heard; for what was issued before, the database is asked once.
        """
        if self._began is not None and int(claims["iat"]) * SECOND >= self._began:
            return True
        if family not in self._live:
            if await self._hot.is_revoked(str(claims["jti"]), family, subject, _issued(claims)):
                return False
            self._live.add(family)
        return family not in self._families  # it may have ended while the database was asked

    async def _refresh(self) -> None:
        async with self._loading:
            now = self._clock.now()
            if self._began is not None and now - self._loaded_at <= _FORGET_EVERY:
                return  # by whoever was here first
            known = await self._hot.revocations(now - LONGEST_TOKEN)
            self._forget(now - LONGEST_TOKEN)
            for token in known.tokens:
                self._tokens.setdefault(token, now)
            for family in known.families:
                self._families.setdefault(family, now)
            for subject, valid_after in known.subjects.items():
                self._subjects[subject] = max(valid_after, self._subjects.get(subject, 0))
            self._began = self._began or now
            self._loaded_at = now

    def _forget(self, before: Instant) -> None:
        for noted in (self._tokens, self._families, self._subjects):
            for key in [key for key, at in noted.items() if at < before]:
                del noted[key]
        self._live.clear()


def _issued(claims: Mapping[str, Any]) -> Instant:
    """``iat`` has whole seconds: a token counts as issued at the end of its own; its family settles the rest.

    Where no family does, it counts from the beginning: better that a client asks again than that a token outlives.
    """
    second = int(claims["iat"]) * SECOND
    return second + SECOND - 1 if claims.get("fid") else second


async def _as_it_stands(claims: Mapping[str, Any]) -> str:
    return str(claims["sub"])
