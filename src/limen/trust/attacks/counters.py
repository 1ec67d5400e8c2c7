"""Counting failures by whatever they have in common, in the limiter that all processes share.

A limiter refuses beyond a limit; here nothing is refused, so that the limit is one that nobody reaches.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from limen.kernel.clock import SECOND, Clock
from limen.trust.attacks.records import Attempt, is_local
from limen.trust.attacks.shared import Shared
from limen.trust.limits import Decision, Limit, RateLimiter, address_key

MINUTE, TEN_MINUTES, HOUR, DAY = 60, 600, 3_600, 86_400
_FAR: Final = 10_000_000
FINGERPRINT_BITS: Final = 20
"""Of a password's hash under a key of the hour: many passwords share one, so that it gives none away."""

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

_Counted = tuple[Limit, str]
"""Under which limit, and what: empty for the tenant itself."""
_OF_NOW: Final[Mapping[str, _Counted]] = {"now_failed": (NOW_FAILED, ""), "now_passed": (NOW_PASSED, "")}
_OF_TENANT: Final[Mapping[str, _Counted]] = {
    **_OF_NOW,
    "failed": (STRANGE_FAILED, ""),
    "passed": (STRANGE_PASSED, ""),
    "slow_failed": (SLOW_FAILED, ""),
    "slow_passed": (SLOW_PASSED, ""),
}
_REFUSED: Final = ((NOW_FAILED, ""), (STRANGE_FAILED, ""))
_PASSED: Final = ((NOW_PASSED, ""), (STRANGE_PASSED, ""), (SLOW_PASSED, ""))


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
    """One tenant's counters. ``shared`` has the key of passwords: no stored secret leads to it.

    ``limiter`` is asked where a try is judged, ``meter`` where it is counted or somebody looks on: it never refuses.
    """

    limiter: RateLimiter
    meter: RateLimiter
    tenant_id: str
    shared: Shared
    clock: Clock

    async def of_tenant(self) -> Counts:
        """Return what is counted of the whole tenant."""
        return await self._seen(self.meter, _OF_TENANT)

    async def of_now(self) -> Counts:
        """Return what is counted of the tenant's last minute."""
        return await self._seen(self.limiter, _OF_NOW)

    async def of(self, attempt: Attempt) -> Counts:
        """Return what is counted of *attempt*, and of the whole tenant."""
        mark = await self.fingerprint(attempt.password)
        asked = {**_OF_TENANT, "account": (ACCOUNT, attempt.account), "password": (PASSWORD, mark)}
        if attempt.device:
            asked["device"] = DEVICE, attempt.device
        if not is_local(attempt.address):
            asked["address"] = ADDRESS, address_key(attempt.address)
            asked["network"] = NETWORK, attempt.network
        return await self._seen(self.limiter, asked)

    async def failed(self, attempt: Attempt) -> None:
        """Count a password that was compared and was wrong, from a device that is not known."""
        here, counted = is_local(attempt.address), [(ACCOUNT, attempt.account), *_REFUSED]
        if not here:
            counted += [(ADDRESS, address_key(attempt.address)), (NETWORK, attempt.network)]
        if attempt.device:
            counted.append((DEVICE, attempt.device))
        mark = await self.fingerprint(attempt.password)
        once = await self._hit(self.meter, _ONCE, f"{mark}:{attempt.account}")
        if once.allowed:  # one password on many accounts is what is counted, not one person who tries it again
            counted.append((PASSWORD, mark))
        if here or (await self._hit(self.meter, _SLOW_SHARE, attempt.network)).allowed:
            counted.append((SLOW_FAILED, ""))
        await self.meter.count(self._named(counted))

    async def refused(self) -> None:
        """Count a try whose password was not compared: as long as they come, an attack goes on. Not over the day."""
        await self.meter.count(self._named(_REFUSED))

    async def passed(self, *more: tuple[str, Limit]) -> None:
        """Count a right password from a device that was not known, and what *more* is to be counted with it."""
        await self.meter.count([*self._named(_PASSED), *more])

    async def seen(self, limit: Limit, of: Sequence[str]) -> list[int]:
        """Return how many of each of *of* are counted under *limit*, one of the module's."""
        return await self.meter.seen(self._named([(limit, what) for what in of]))

    async def may_come(self, account: str, seconds: int, following: int) -> int:
        """Take one turn of a stranger for *account*; return how long to wait, 0 for not at all.

        Turns are *seconds* apart. Whoever takes one also takes that of the next distance: if this try fails, the next
        is to wait for *following* seconds.
        """
        decision = await self._hit(self.limiter, Limit(1, seconds, "stranger-turn"), account)
        if not decision.allowed:
            return max(1, decision.reset_seconds)
        if following != seconds:
            await self._hit(self.limiter, Limit(1, following, "stranger-turn"), account)
        return 0

    async def fingerprint(self, password: bytes) -> str:
        """Return twenty bits of *password*, under a key that is drawn each hour and kept in memory alone."""
        hour = self.clock.now() // (HOUR * SECOND)
        key = await self.shared.key(f"password:{self.tenant_id}:{hour}", HOUR)
        digest = hmac.digest(key, password, "sha256")
        return f"{int.from_bytes(digest[:4], 'big') >> (32 - FINGERPRINT_BITS):05x}"

    async def _seen(self, limiter: RateLimiter, asked: Mapping[str, _Counted]) -> Counts:
        """Return how many there are, in one look."""
        found = await limiter.seen(self._named(asked.values()))
        return Counts(**dict(zip(asked, found, strict=True)))

    async def _hit(self, limiter: RateLimiter, limit: Limit, what: str) -> Decision:
        ((name, _),) = self._named([(limit, what)])
        return await limiter.hit(name, limit)

    def _named(self, counted: Iterable[_Counted]) -> list[tuple[str, Limit]]:
        """Return what each is called among the counters of all tenants."""
        tenant_id = self.tenant_id
        return [(f"{limit.name}:{tenant_id}:{what}", limit) for limit, what in counted]
