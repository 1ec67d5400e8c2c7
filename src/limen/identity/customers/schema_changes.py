"""Profiles follow their tenant's schema: a change of it is a version, to which every customer is brought up.

Whoever reads a profile sees it as the present schema has it (``profiles.values``); the walk here makes that lasting, a
page at a time, and goes on where it was stopped. What does not fit stays as it is and is listed as a fault. The same
walk, begun anew each day, lets go of values whose time is over, and of those that were kept for a purpose which their
customer allows no more.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from limen.identity.administrators import SYSTEM
from limen.identity.customers.directory import Directory, seal
from limen.identity.customers.records import HOLD, Customer, SealedCustomer
from limen.identity.customers.store import CustomerStore, LimitsOf
from limen.identity.profiles.claims import LET_GO
from limen.identity.profiles.records import Fault, ProfileSettings, SchemaVersion
from limen.identity.profiles.schema import annotation, wrong_attributes
from limen.identity.profiles.store import ProfileStore
from limen.identity.profiles.values import brought_up, lasting, overdue
from limen.identity.search.store import SearchStore
from limen.kernel.clock import DAY, Clock, Instant
from limen.kernel.encoding import canonical_json, sha256
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId, TenantId
from limen.kernel.units import AnnouncesEvents, RecordsAudit

PAGE: Final = 200
_TRIES: Final = 3


class SchemaUnit(RecordsAudit, AnnouncesEvents, Protocol):
    """A unit of work that reaches customers and their schema."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def profiles(self) -> ProfileStore:
        """Return the versions of the schema."""
        ...

    @property
    def processing_limits(self) -> LimitsOf:
        """Return what limits what may be done with their data."""
        ...

    @property
    def search(self) -> SearchStore:
        """Return the search indexes."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[SchemaUnit]]


Lapsed = Callable[[CustomerId, Collection[str]], Awaitable[Collection[str]]]
"""(customer, names of purposes) to those that the customer allows no more."""


async def _nothing(_customer_id: CustomerId, _names: Collection[str]) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class SchemaChanges:
    """One tenant's profiles, and the schema they are to meet. Whoever only reads it needs not ask what has *lapsed*."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    directory: Directory
    clock: Clock
    settings: ProfileSettings
    lapsed: Lapsed = _nothing

    async def versions(self) -> Sequence[SchemaVersion]:
        """Return every version of the schema, the newest first."""
        async with self.reading(self.tenant_id) as unit:
            return await unit.profiles.schema_versions()

    async def faults(self, *, after: str, limit: int) -> tuple[Sequence[Fault], int]:
        """Return what does not fit of up to *limit* customers behind *after*, and of how many there is anything."""
        async with self.reading(self.tenant_id) as unit:
            return await unit.profiles.faults(after=after, limit=limit), await unit.profiles.faulty()

    async def follow(self) -> SchemaVersion | None:
        """Return the version that is to be walked: one that the settings began, or one whose values may be overdue."""
        digest, now = sha256(canonical_json(self.settings.attributes)), self.clock.now()
        async with self.reading(self.tenant_id) as unit:
            newest = await unit.profiles.schema_version()
        if newest is None and not self.settings.attributes and not self.lets_go:
            return None
        if newest is not None and newest.digest == digest:
            if newest.done_at is None or (self.lets_go and now - newest.done_at >= DAY):
                return newest if newest.done_at is None else await self._again(newest)
            return None
        async with self.begin(self.tenant_id) as unit:
            number, count = newest.number + 1 if newest is not None else 1, await unit.search.customers()
            version = SchemaVersion(number, digest, self.settings.attributes, now, customers=count)
            if not await unit.profiles.add_version(version):
                return None  # somebody else began it
            data = {"number": number, "attributes": sorted(self.settings.attributes)}
            unit.record(AuditEntry("profile_schema.changed", actor=SYSTEM.name, data=data))
        return version

    async def walk(self, pages: int) -> None:
        """Bring up at most *pages* pages of customers to the newest version."""
        version = await self.follow()
        while version is not None and pages > 0:
            version, pages = await self._step(version), pages - 1
            await self.clock.sleep(0)  # others first

    @property
    def lets_go(self) -> bool:
        """Tell whether anything is kept for a time, or for as long as a purpose is allowed."""
        return any(one.retention_days or one.while_allowed for _, one in lasting(self.settings))

    async def _again(self, version: SchemaVersion) -> SchemaVersion | None:
        async with self.begin(self.tenant_id) as unit:
            again = version.again(await unit.search.customers())
            return again if await unit.profiles.walked(again, walked_to=version.walked_to) else None

    async def _step(self, version: SchemaVersion) -> SchemaVersion | None:
        """Bring up one page; None at the end, and where somebody else walks."""
        async with self.reading(self.tenant_id) as unit:
            page = await unit.customers.list(after=version.walked_to, limit=PAGE)
        looks = [look for sealed in page if (look := await self._look(sealed)) is not None]
        last, now = page[-1].id if page else version.walked_to, self.clock.now()
        after = version.walked_on(str(last), len(page), now if len(page) < PAGE else None)
        async with self.begin(self.tenant_id) as unit:
            if not await unit.profiles.walked(after, walked_to=version.walked_to):
                return None
            still = await unit.search.versions(after=version.walked_to, until=after.walked_to)
            await unit.profiles.forget_faults(after=version.walked_to, until=after.walked_to)
            late = [look for look in looks if still.get(look.customer.id) != look.customer.version]
            for look in looks:
                if look not in late:
                    await self._keep(unit, version, look)
        for look in late:
            await self._catch_up(version, look.customer.id)
        return None if after.done_at is not None else after

    async def _look(self, sealed: SealedCustomer | None) -> "Look | None":
        vault = await self.directory.vault_of(sealed.id) if sealed is not None else None
        customer = await self.directory.open(sealed, vault)
        if customer is None or vault is None:
            return None
        profile, now = customer.profile, self.clock.now()
        present = msgspec.structs.replace(profile, attributes=brought_up(self.settings, profile.attributes))
        values = present.dated(
            [name for name, one in lasting(self.settings) if one.retention_days or one.while_allowed]
        )
        since = {name: _since(self.settings, profile.since, name, now) for name in values}
        over = overdue(self.settings, values, since, now)
        over += tuple(name for name in await self._unallowed(customer.id, values) if name not in over)
        if over and await self._is_held(customer.id):
            over = ()
        kept = present.without(over)
        since = {name: at for name, at in since.items() if name not in over}
        if kept == profile and since.keys() == profile.since.keys():
            return Look(customer, None, over, wrong_attributes(self.settings, kept.attributes))
        changed = customer.with_profile(kept, now)
        changed = msgspec.structs.replace(changed, profile=msgspec.structs.replace(changed.profile, since=since))
        return Look(customer, seal(changed, vault), over, wrong_attributes(self.settings, kept.attributes))

    async def _unallowed(self, customer_id: CustomerId, values: dict[str, Any]) -> tuple[str, ...]:
        """Return which *values* are kept for a purpose that the customer allows no more."""
        kept_for = {name: one.while_allowed for name, one in lasting(self.settings) if name in values}
        purposes = {purpose for purpose in kept_for.values() if purpose}
        over = await self.lapsed(customer_id, purposes) if purposes else ()
        return tuple(name for name, purpose in kept_for.items() if purpose in over)

    async def _is_held(self, customer_id: CustomerId) -> bool:
        """Tell whether a legal hold is on a customer, under which nothing is let go of."""
        async with self.reading(self.tenant_id) as unit:
            return HOLD in await unit.processing_limits.kinds(customer_id)

    async def _keep(self, unit: SchemaUnit, version: SchemaVersion, look: "Look") -> bool:
        """Keep a customer as the schema has it, and what does not fit; False where it changed meanwhile."""
        customer, changed = look.customer, look.changed
        if changed is not None:
            if not await unit.customers.update(changed, customer.version):
                return False
            claims = sorted(name for name in look.over if name in LET_GO)
            fields = claims if claims and set(look.over) <= set(claims) else ["attributes", *claims]
            data: dict[str, Any] = {"version": changed.version, "fields": fields, "state": changed.state.value}
            name = "customer.minimised" if look.over else "customer.updated"
            entry = AuditEntry(name, actor=SYSTEM.name, subject=customer.id, data=data | {"over": list(look.over)})
            unit.record(entry)
            unit.announce(Event("customer.updated", customer.id, data))
        for attribute, code in look.wrong.items():
            await unit.profiles.add_fault(Fault(customer.id, attribute, code, version.number))
        return True

    async def _catch_up(self, version: SchemaVersion, customer_id: CustomerId) -> None:
        """Bring up one customer who changed while the page was looked at; after a few tries, the next walk does."""
        for _ in range(_TRIES):
            async with self.reading(self.tenant_id) as unit:
                sealed = await unit.customers.get(customer_id)
            look = await self._look(sealed)
            if look is None:
                return
            async with self.begin(self.tenant_id) as unit:
                if await self._keep(unit, version, look):
                    return


@dataclass(frozen=True, slots=True)
class Look:
    """One customer, sealed anew where the profile is to be another; which values are over, and what does not fit."""

    customer: Customer
    changed: SealedCustomer | None
    over: tuple[str, ...]
    wrong: dict[str, str]


def _since(settings: ProfileSettings, since: dict[str, Instant], name: str, now: Instant) -> Instant:
    """Return since when a value is there, under its present name or an earlier one."""
    names = (name, *annotation(settings.attributes[name]).was) if name in settings.attributes else (name,)
    return next((since[one] for one in names if one in since), now)
