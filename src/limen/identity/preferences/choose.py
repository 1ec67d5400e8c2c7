"""What a customer prefers: read and changed, by the customer and by the tenant's own systems."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from limen.identity.administrators import Actor
from limen.identity.customers.store import CustomerStore
from limen.identity.keyring import Keyring, SubjectVault
from limen.identity.tenants.preferences import PreferenceSettings
from limen.kernel.clock import Clock, Instant
from limen.kernel.errors import Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId, TenantId
from limen.kernel.masked import Masked
from limen.kernel.units import AnnouncesEvents, RecordsAudit

CHANGED: Final = "preferences.changed"
_FIELD: Final = "preferences"
_GONE: Final = NotFound("customer_not_found")


class Preferences(Masked, msgspec.Struct, frozen=True, omit_defaults=True):
    """What a customer chose; ``frequency`` is empty where they left it to the sender."""

    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    frequency: str = ""

    def __repr__(self) -> str:
        """Say nothing of it: topics can be telling."""
        return "Preferences()"


@dataclass(frozen=True, slots=True)
class SealedPreferences:
    """Preferences as stored, under the customer's key."""

    customer_id: CustomerId
    sealed: bytes = field(repr=False)
    updated_at: Instant = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen, and when; 0 for never."""

    preferences: Preferences
    updated_at: Instant = 0


class PreferenceStore(Protocol):
    """One tenant's preferences inside one transaction."""

    async def get(self, customer_id: CustomerId) -> SealedPreferences | None:
        """Return what a customer chose."""
        ...

    async def put(self, row: SealedPreferences) -> None:
        """Store what a customer chose, in place of what was."""
        ...


class PreferenceUnit(RecordsAudit, AnnouncesEvents, Protocol):
    """A unit of work that reaches preferences."""

    @property
    def preferences(self) -> PreferenceStore:
        """Return the preferences."""
        ...

    @property
    def customers(self) -> CustomerStore:
        """Return the customers."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[PreferenceUnit]]


def open_preferences(vault: SubjectVault, row: SealedPreferences) -> Preferences:
    """Return what a customer chose, also of what is offered no more."""
    return msgspec.json.decode(vault.unseal(_FIELD, row.customer_id, row.sealed), type=Preferences)


@dataclass(frozen=True, slots=True)
class Choosing:
    """One tenant's preferences."""

    tenant_id: TenantId
    settings: PreferenceSettings
    begin: Begin
    reading: Begin
    keyring: Keyring
    clock: Clock

    async def read(self, customer_id: CustomerId) -> Chosen | NotFound:
        """Return what a customer chose, without what is offered no more."""
        vault = await self.keyring.subject(self.tenant_id, customer_id)
        async with self.reading(self.tenant_id) as unit:
            row = await unit.preferences.get(customer_id)
            if vault is None or (row is None and await unit.customers.get(customer_id) is None):
                return _GONE
        if row is None:
            return Chosen(Preferences())
        return Chosen(self._offered(open_preferences(vault, row)), row.updated_at)

    async def change(self, customer_id: CustomerId, wanted: Preferences, actor: Actor) -> Chosen | Refusal:
        """Store what a customer *wanted*.

        Returns:
            What stands now, ``Invalid`` by field where it is not offered, or ``NotFound("customer_not_found")``.
        """
        problems = self._problems(wanted)
        if problems:
            return Invalid("invalid_preferences", ", ".join(problems), problems)
        vault = await self.keyring.subject(self.tenant_id, customer_id)
        before = await self.read(customer_id)
        if vault is None or isinstance(before, Refusal):
            return _GONE
        wanted = self._offered(wanted)
        old, new = msgspec.structs.asdict(before.preferences), msgspec.structs.asdict(wanted)
        changed = sorted(name for name, value in new.items() if value != old[name])
        now = self.clock.now()
        sealed = vault.seal(_FIELD, customer_id, msgspec.json.encode(wanted))
        async with self.begin(self.tenant_id) as unit:
            if await unit.customers.get(customer_id) is None:
                return _GONE
            await unit.preferences.put(SealedPreferences(customer_id, sealed, now))
            data = {"fields": changed}
            entry = AuditEntry(CHANGED, actor=actor.name, subject=customer_id, request_id=actor.request_id, data=data)
            unit.record(entry)
            unit.announce(Event(CHANGED, customer_id, data))
        return Chosen(wanted, now)

    def _problems(self, wanted: Preferences) -> dict[str, str]:
        problems = {}
        if not set(wanted.channels) <= set(self.settings.channels):
            problems["channels"] = "preference.unknown"
        if not set(wanted.topics) <= {topic.name for topic in self.settings.topics}:
            problems["topics"] = "preference.unknown"
        if wanted.frequency and wanted.frequency not in self.settings.frequencies:
            problems["frequency"] = "preference.unknown"
        return problems

    def _offered(self, said: Preferences) -> Preferences:
        """Return *said* in the order of the settings, without what they do not have."""
        return Preferences(
            tuple(one for one in self.settings.channels if one in said.channels),
            tuple(topic.name for topic in self.settings.topics if topic.name in said.topics),
            said.frequency if said.frequency in self.settings.frequencies else "",
        )
