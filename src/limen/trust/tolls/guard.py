"""The guard: asked in the transaction that orders a message, it counts it or says why not."""

import hmac
from dataclasses import dataclass
from typing import Final, Protocol

from limen.identity.tenants.sms import MOST, SmsSettings
from limen.kernel.clock import Clock
from limen.kernel.encoding import framed
from limen.kernel.errors import Forbidden, Refusal, Throttled
from limen.kernel.events import AuditEntry, Event
from limen.kernel.units import AnnouncesEvents, RecordsAudit
from limen.trust.limits import Limit, address_key
from limen.trust.tolls.records import Order, Toll
from limen.trust.tolls.store import TollStore

PURPOSE: Final = "tolls"
"""The purpose of the tenant's sub-key by which numbers and addresses are hashed before they are counted."""
HOUR, DAY = 3_600, 86_400
_BLOCK_DIGITS: Final = 3
"""Numbers that differ in no more than their last three digits are one block of a thousand."""
_HASH: Final = 16


class TollUnit(AnnouncesEvents, RecordsAudit, Protocol):
    """What is asked of a unit of work."""

    @property
    def tolls(self) -> TollStore:
        """Return the counters."""
        ...


@dataclass(frozen=True, slots=True)
class TollGuard:
    """Guards one tenant's purse.

    Attributes:
        settings: what the tenant allows.
        ceiling: messages a day that the operator allows to any one tenant, whatever its administrator says.
        key: the tenant's sub-key for :data:`PURPOSE`.
    """

    settings: SmsSettings
    ceiling: int
    key: bytes
    clock: Clock

    async def take(self, unit: TollUnit, order: Order) -> Refusal | None:
        """Count *order*, or refuse it: ``sms_country``, ``sms_stopped``, or ``throttled`` with the time to wait.

        What is refused costs nothing: all counters are looked at before the first is taken. In a race for the last
        place the loser may have taken some of them.
        """
        country = order.number.country
        if country not in self.settings.countries:
            return Forbidden("sms_country", "not among the tenant's countries")
        if await self._is_pumped(unit, country):
            return Forbidden("sms_stopped", "too few codes to the country are typed")
        now = self.clock.now()
        tolls = await self._tolls(unit, order)
        for toll in tolls:
            if await unit.tolls.used(toll, now) + 1 > toll.limit.count:
                return _over(toll)
        for toll in tolls:
            if not await unit.tolls.take(toll, now):
                return _over(toll)
        await unit.tolls.take(self._tally("sent", country), now)
        return None

    async def typed(self, unit: TollUnit, country: str) -> None:
        """Note that a code that was sent to *country* was typed: somebody reads there."""
        await unit.tolls.take(self._tally("typed", country), self.clock.now())

    async def _is_pumped(self, unit: TollUnit, country: str) -> bool:
        """Tell whether a country is stopped; the first time in a day it is news."""
        now, settings = self.clock.now(), self.settings
        sent = await unit.tolls.used(self._tally("sent", country), now)
        typed = await unit.tolls.used(self._tally("typed", country), now)
        few = typed * 100 < sent * settings.guard_percent
        if not few or sent - typed < settings.guard_messages:
            return False
        if await unit.tolls.take(Toll("stopped", country.encode(), Limit(1, DAY)), now):
            data = {"country": country, "sent": int(sent), "typed": int(typed)}
            unit.announce(Event("sms.country_stopped", data=data))
            unit.record(AuditEntry("sms.country_stopped", data=data))
        return True

    async def _tolls(self, unit: TollUnit, order: Order) -> list[Toll]:
        """Return what *order* is counted under, always in this order, so that no two transactions wait crosswise."""
        settings, number = self.settings, order.number.e164
        by_number, by_address = self._hash(number), self._hash(address_key(order.address) or order.customer_id)
        number_day = Toll("number-day", by_number, Limit(settings.per_number_day, DAY))
        is_new = not await unit.tolls.used(number_day, self.clock.now())
        fresh = [
            Toll("address-numbers", by_address, Limit(settings.numbers_per_address_day, DAY)),
            Toll("block-numbers", self._hash(number[:-_BLOCK_DIGITS]), Limit(settings.numbers_per_block_day, DAY)),
        ]
        return [
            Toll("number-hour", by_number, Limit(settings.per_number_hour, HOUR)),
            number_day,
            Toll("customer-day", self._hash(order.customer_id), Limit(settings.per_customer_day, DAY)),
            Toll("address-hour", by_address, Limit(settings.per_address_hour, HOUR)),
            *(fresh if is_new else ()),
            Toll("country-day", order.number.country.encode(), Limit(settings.per_country_day, DAY)),
            Toll("tenant-day", b"", Limit(min(settings.per_day, self.ceiling), DAY)),
        ]

    def _tally(self, kind: str, country: str) -> Toll:
        return Toll(kind, country.encode(), Limit(MOST * 2, DAY))

    def _hash(self, text: str) -> bytes:
        return hmac.digest(self.key, framed(text), "sha256")[:_HASH]


def _over(toll: Toll) -> Refusal:
    return Throttled("throttled", toll.kind, retry_after=toll.limit.seconds)
