"""Telling that a consent ended by itself: it ran out, or its purpose has a version that asks anew.

Nothing is decided then, and the ledger gets no record: questions are answered no from that instant on, whether or not
it was told. What stands is kept beside the ledger; whoever takes a consent off there tells of it in the same commit, so
that of two workers one does.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from limen.identity.consents.purposes import Purpose
from limen.identity.consents.records import ConsentRecord
from limen.identity.consents.store import LedgerUnit, PurposeStore
from limen.kernel.clock import Clock
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import TenantId

EXPIRED: Final = "consent.expired"
OUTDATED: Final = "consent.outdated"
_BATCH: Final = 200


class EndingUnit(LedgerUnit, Protocol):
    """A unit of work that reaches what ended, and what it was about."""

    @property
    def purposes(self) -> PurposeStore:
        """Return the purposes."""
        ...


@dataclass(frozen=True, slots=True)
class Ending:
    """Finds what ended of one tenant's consents."""

    tenant_id: TenantId
    begin: Callable[[TenantId], AbstractAsyncContextManager[EndingUnit]]
    reading: Callable[[TenantId], AbstractAsyncContextManager[EndingUnit]]
    clock: Clock

    async def run(self) -> dict[str, int]:
        """Tell of everything that ended; return how many were told, by event.

        Of a purpose that was retired, and of one that needs no consent any more, nothing ends by itself.
        """
        async with self.reading(self.tenant_id) as unit:
            found = await unit.purposes.all()
        purposes = {one.name: one for one in found if one.retired_at is None and one.needs_decision}
        told = {EXPIRED: await self._expired(purposes), OUTDATED: 0}
        for purpose in purposes.values():
            if purpose.counts_from > 1:
                told[OUTDATED] += await self._outdated(purpose)
        return told

    async def _expired(self, purposes: dict[str, Purpose]) -> int:
        now, told, whole = self.clock.now(), 0, _BATCH
        async with self.reading(self.tenant_id) as unit:
            if not await unit.consents.expired(now, 1):
                return 0
        while whole >= _BATCH:
            async with self.begin(self.tenant_id) as unit:
                found = await unit.consents.expired(now, _BATCH)
                whole, told = len(found), told + await _tell(unit, EXPIRED, found, purposes)
        return told

    async def _outdated(self, purpose: Purpose) -> int:
        told, whole = 0, _BATCH
        async with self.reading(self.tenant_id) as unit:
            if not await unit.consents.outdated(purpose.name, purpose.counts_from, 1):
                return 0
        while whole >= _BATCH:
            async with self.begin(self.tenant_id) as unit:
                found = await unit.consents.outdated(purpose.name, purpose.counts_from, _BATCH)
                whole, told = len(found), told + await _tell(unit, OUTDATED, found, {purpose.name: purpose})
        return told


async def _tell(unit: EndingUnit, event: str, found: Sequence[ConsentRecord], purposes: dict[str, Purpose]) -> int:
    told = 0
    for record in found:
        made = record.decision
        purpose = purposes.get(made.purpose)
        if not await unit.consents.settle(record) or purpose is None:
            continue
        facts = {"purpose": made.purpose, "items": made.items, "version": made.version, "record": record.id}
        more: dict[str, Any] = {"newest": purpose.current.number} if event == OUTDATED else {"at": made.expires_at}
        data = {**facts, **more}
        unit.record(AuditEntry(event, subject=made.customer_id, client=made.party, data=data))
        unit.announce(Event(event, made.customer_id, {**data, "party": made.party}))
        told += 1
    return told
