"""The register of purposes, as an administrator changes it, whatever the interface."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Final, Protocol

from limen.identity.administrators import Actor
from limen.identity.consents.purposes import Purpose, Terms, Version
from limen.identity.consents.rules import wrong_with
from limen.identity.consents.store import PurposeStore
from limen.kernel.clock import Clock
from limen.kernel.errors import Conflict, Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import PurposeId, TenantId
from limen.kernel.units import AnnouncesEvents, RecordsAudit, TellsCaches

MOST: Final = 200
"""Purposes of a tenant, retired ones included: each desk holds them all in memory."""
CHANGED: Final = "purpose"
"""The kind of change by which caches hear of purposes."""


class PurposeUnit(RecordsAudit, AnnouncesEvents, TellsCaches, Protocol):
    """A unit of work that reaches purposes."""

    @property
    def purposes(self) -> PurposeStore:
        """Return the tenant's purposes."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[PurposeUnit]]


@dataclass(frozen=True, slots=True)
class Register:
    """One tenant's purposes."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    clock: Clock

    async def create(self, purpose: Purpose, actor: Actor) -> Purpose | Refusal:
        """Add *purpose* with its first version.

        Returns:
            ``Invalid`` by field, ``Conflict("purpose_taken")`` or ``Invalid("too_many")``.
        """
        refusal = wrong_with(purpose)
        if refusal is not None:
            return refusal
        async with self.begin(self.tenant_id) as unit:
            if len(await unit.purposes.all()) >= MOST:
                return Invalid("too_many", f"a tenant has at most {MOST}")
            if not await unit.purposes.add(purpose):
                return Conflict("purpose_taken", fields={"name": "name.taken"})
            _tell(unit, "purpose.created", purpose, actor)
        return purpose

    async def all(self) -> list[Purpose]:
        """Return every purpose, oldest first."""
        async with self.reading(self.tenant_id) as unit:
            return await unit.purposes.all()

    async def get(self, purpose_id: PurposeId) -> Purpose | NotFound:
        """Return one purpose."""
        async with self.reading(self.tenant_id) as unit:
            return await unit.purposes.get(purpose_id) or _NONE

    async def versions(self, purpose_id: PurposeId) -> list[Version] | NotFound:
        """Return every version of a purpose, oldest first."""
        async with self.reading(self.tenant_id) as unit:
            found = await unit.purposes.versions(purpose_id)
        return found or _NONE

    async def publish(
        self, purpose_id: PurposeId, terms: Terms, actor: Actor, *, expected: int | None = None
    ) -> Purpose | Refusal:
        """Publish *terms* as the next version, if the current one is still *expected*.

        Returns:
            As :meth:`create`, ``NotFound``, ``Conflict("version_changed")`` or ``Conflict("purpose_retired")``.
        """
        before = await self.get(purpose_id)
        if isinstance(before, Refusal):
            return before
        after = before.succeeded(terms, self.clock.now())
        refusal = wrong_with(after)
        if refusal is not None:
            return refusal
        if before.retired_at is not None:
            return Conflict("purpose_retired")
        if expected not in {None, before.current.number}:
            return _CHANGED
        async with self.begin(self.tenant_id) as unit:
            if not await unit.purposes.publish(after, before.current.number):
                return _CHANGED
            _tell(unit, "purpose.published", after, actor)
        return after

    async def retire(self, purpose_id: PurposeId, actor: Actor, *, expected: int | None = None) -> Purpose | Refusal:
        """Retire a purpose: it is asked no more and allows nothing any more; what was decided stays."""
        before = await self.get(purpose_id)
        if isinstance(before, Refusal):
            return before
        if expected not in {None, before.current.number}:
            return _CHANGED
        after = replace(before, retired_at=before.retired_at or self.clock.now())
        async with self.begin(self.tenant_id) as unit:
            if await unit.purposes.retire(purpose_id, self.clock.now()):
                _tell(unit, "purpose.retired", after, actor)
        return after


_NONE: Final = NotFound("purpose_not_found")
_CHANGED: Final = Conflict("version_changed")


def _tell(unit: PurposeUnit, event: str, purpose: Purpose, actor: Actor) -> None:
    data = {"purpose": purpose.name, "version": purpose.current.number}
    unit.record(AuditEntry(event=event, actor=actor.name, request_id=actor.request_id, data=data))
    unit.announce(Event(event, subject=purpose.id, data=data))
    unit.change(CHANGED, purpose.id)
