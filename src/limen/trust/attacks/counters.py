"""Counting failures by whatever they have in common, in the limiter that all processes share.

A limiter refuses beyond a limit; here nothing is refused, so that the limit is one that nobody reaches, and what is
left of it says how many there were. To look costs a try of nothing.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec.structs import replace

from limen.kernel.clock import SECOND, Clock
from limen.kernel.encoding import framed
from limen.trust.attacks.records import Attempt, is_local
from limen.trust.limits import Limit, RateLimiter, address_key

MINUTE, TEN_MINUTES, HOUR, DAY = 60, 600, 3_600, 86_400
_FAR: Final = 10_000_000
FINGERPRINT_BITS: Final = 20
"""Of a password's hash under a key of the hour: a million passwords share one, so that it gives none away."""

ADDRESS: Final = Limit(_FAR, TEN_MINUTES, "failed-address")
NETWORK: Final = Limit(_FAR, TEN_MINUTES, "failed-network")
ACCOUNT: Final = Limit(_FAR, HOUR, "failed-account")
DEVICE: Final = Limit(_FAR, HOUR, "failed-device")
PASSWORD: Final = Limit(_FAR, HOUR, "failed-password")
NOW_FAILED: Final = Limit(_FAR, MINUTE, "failed-strange-now")
NOW_PASSED: Final = Limit(_FAR, MINUTE, "passed-strange-now")
STRANGE_FAILED: Final = Limit(_FAR, TEN_MINUTES, "failed-strange")
STRANGE_PASSED: Final = Limit(_FAR, TEN_MINUTES, "passed-strange")
SLOW_FAILED: Final = Limit(_FAR, DAY, "failed-strange-day")
SLOW_PASSED: Final = Limit(_FAR, DAY, "passed-strange-day")
_ONCE: Final = Limit(1, HOUR, "failed-password-once")
_SLOW_SHARE: Final = Limit(6, DAY, "failed-network-day")
"""So many failures of one network count over the day: a patient stranger alone is no attack on the tenant."""


class Counts(msgspec.Struct, frozen=True):
    """What the counters say about one try: failures from its address, and so on."""

    address: int = 0
    network: int = 0
    account: int = 0
    password: int = 0
    device: int = 0
    now_failed: int = 0
    now_passed: int = 0
    failed: int = 0
    passed: int = 0
    slow_failed: int = 0
    slow_passed: int = 0


NO_COUNTS: Final = Counts()


@dataclass(frozen=True, slots=True)
class Counters:
    """One tenant's counters. ``key`` is the tenant's sub-key for them."""

    limiter: RateLimiter
    tenant_id: str
    key: bytes = field(repr=False)
    clock: Clock

    async def of_tenant(self) -> Counts:
        """Return what is counted of the whole tenant."""
        return Counts(
            now_failed=await self._seen(NOW_FAILED, ""),
            now_passed=await self._seen(NOW_PASSED, ""),
            failed=await self._seen(STRANGE_FAILED, ""),
            passed=await self._seen(STRANGE_PASSED, ""),
            slow_failed=await self._seen(SLOW_FAILED, ""),
            slow_passed=await self._seen(SLOW_PASSED, ""),
        )

    async def of_now(self) -> Counts:
        """Return what is counted of the tenant's last minute."""
        return Counts(now_failed=await self._seen(NOW_FAILED, ""), now_passed=await self._seen(NOW_PASSED, ""))

    async def of(self, attempt: Attempt, tenant: Counts) -> Counts:
        """Return what is counted of *attempt*, beside what is of the *tenant*."""
        here = is_local(attempt.address)
        return replace(
            tenant,
            address=0 if here else await self._seen(ADDRESS, address_key(attempt.address)),
            network=0 if here else await self._seen(NETWORK, attempt.network),
            account=await self._seen(ACCOUNT, attempt.account),
            device=await self._seen(DEVICE, attempt.device) if attempt.device else 0,
            password=await self._seen(PASSWORD, self.fingerprint(attempt.password)),
        )

    async def failed(self, attempt: Attempt) -> None:
        """Count a password that was compared and was wrong, from a device that is not known."""
        here = is_local(attempt.address)
        if not here:
            await self._count(ADDRESS, address_key(attempt.address))
            await self._count(NETWORK, attempt.network)
        await self._count(ACCOUNT, attempt.account)
        if attempt.device:
            await self._count(DEVICE, attempt.device)
        mark = self.fingerprint(attempt.password)
        once = await self.limiter.hit(self._name(_ONCE, f"{mark}:{attempt.account}"), _ONCE)
        if once.allowed:  # one password on many accounts is what is counted, not one person who tries it again
            await self._count(PASSWORD, mark)
        await self.refused()
        if here or (await self.limiter.hit(self._name(_SLOW_SHARE, attempt.network), _SLOW_SHARE)).allowed:
            await self._count(SLOW_FAILED, "")

    async def refused(self) -> None:
        """Count a try whose password was not compared: as long as they come, an attack goes on. Not over the day."""
        await self._count(NOW_FAILED, "")
        await self._count(STRANGE_FAILED, "")

    async def passed(self) -> None:
        """Count a right password from a device that was not known."""
        await self._count(NOW_PASSED, "")
        await self._count(STRANGE_PASSED, "")
        await self._count(SLOW_PASSED, "")

    async def seen(self, limit: Limit, what: str) -> int:
        """Return how many of *what* are counted under *limit*, one of the module's."""
        return await self._seen(limit, what)

    async def may_come(self, account: str, seconds: int, following: int) -> int:
        """Take one turn of a stranger for *account*; return how long to wait, 0 for not at all.

        Turns are *seconds* apart. Whoever takes one also takes that of the next distance: if this try fails, the next
        is to wait for *following* seconds.
        """
        limit = Limit(1, seconds, "stranger-turn")
        decision = await self.limiter.hit(self._name(limit, account), limit)
        if not decision.allowed:
            return max(1, decision.reset_seconds)
        if following != seconds:
            after = Limit(1, following, "stranger-turn")
            await self.limiter.hit(self._name(after, account), after)
        return 0

    def fingerprint(self, password: bytes) -> str:
        """Return twenty bits of *password*, under a key that changes each hour."""
        hour = str(self.clock.now() // (HOUR * SECOND))
        digest = hmac.digest(hmac.digest(self.key, framed("password", hour), "sha256"), password, "sha256")
        return f"{int.from_bytes(digest[:4], 'big') >> (32 - FINGERPRINT_BITS):05x}"

    async def _seen(self, limit: Limit, what: str) -> int:
        return _FAR - (await self.limiter.hit(self._name(limit, what), limit, 0)).remaining

    async def _count(self, limit: Limit, what: str) -> None:
        await self.limiter.hit(self._name(limit, what), limit)

    def _name(self, limit: Limit, what: str) -> str:
        return f"{limit.name}:{self.tenant_id}:{what}"
