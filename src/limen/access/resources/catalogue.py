"""Registering, changing and removing resource servers and types of details, whatever the interface."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, Protocol

from limen.access.clients.fields import differing
from limen.access.jose.algorithms import Algorithm
from limen.access.jose.provide import KeyUnit, provide_keys
from limen.access.resources.records import D, DetailTypeDocument, Entry, ResourceDocument
from limen.access.resources.store import CatalogueStore
from limen.access.resources.validation import validate_detail_type, validate_resource
from limen.identity.administrators import Actor
from limen.identity.keyring import Keyring
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import DetailTypeId, ResourceId, TenantId, TypedId

MOST: Final = 500
"""Entries of a kind in a tenant: each desk holds them all in memory."""


class CatalogueUnit(KeyUnit, Protocol):
    """A unit of work that reaches both kinds, and the keys that a resource server may need."""

    @property
    def resource_servers(self) -> CatalogueStore[ResourceDocument]:
        """Return the tenant's resource servers."""
        ...

    @property
    def detail_types(self) -> CatalogueStore[DetailTypeDocument]:
        """Return the tenant's types of ``authorization_details``."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[CatalogueUnit]]


@dataclass(frozen=True, slots=True)
class Kind(Generic[D]):
    """One of the two kinds of things.

    Attributes:
        noun: in the names of events, ``resource_server.created``, and of refusals, ``resource_server_taken``.
        store: its store in a unit of work.
        validate: what is wrong with a document.
        id: makes identifiers.
        label: the field that must be unique.
    """

    noun: str
    store: Callable[[CatalogueUnit], CatalogueStore[D]]
    validate: Callable[[D], Invalid | None]
    id: type[TypedId]
    label: str


RESOURCE_SERVERS: Final[Kind[ResourceDocument]] = Kind(
    "resource_server", lambda unit: unit.resource_servers, validate_resource, ResourceId, "identifier"
)
DETAIL_TYPES: Final[Kind[DetailTypeDocument]] = Kind(
    "authorization_details_type", lambda unit: unit.detail_types, validate_detail_type, DetailTypeId, "type"
)


@dataclass(frozen=True, slots=True)
class Catalogue(Generic[D]):
    """One tenant's entries of one kind, as an administrator changes them."""

    kind: Kind[D]
    tenant_id: TenantId
    begin: Begin
    reading: Begin
    keyring: Keyring
    clock: Clock
    entropy: Entropy

    async def create(self, document: D, actor: Actor) -> Entry[D] | Refusal:
        """Register *document*.

        Returns:
            ``Invalid`` by field, ``Conflict("…_taken")``, or ``Invalid("too_many")``.
        """
        refusal = self.kind.validate(document)
        if refusal is not None:
            return refusal
        await self._provide(document)
        now = self.clock.now()
        entry = Entry(str(self.kind.id.new(self.clock, self.entropy)), document, now, now)
        async with self.begin(self.tenant_id) as unit:
            store = self.kind.store(unit)
            if len(await store.list(after="", limit=MOST)) >= MOST:
                return Invalid("too_many", f"a tenant has at most {MOST}")
            if not await store.add(entry):
                return self._taken()
            self._tell(unit, "created", entry, actor)
        return entry

    async def read(self, id: str) -> Entry[D] | NotFound:  # noqa: A002 - the record's own name
        """Return one entry."""
        async with self.reading(self.tenant_id) as unit:
            return await self.kind.store(unit).get(id) or self._none()

    async def find(self, label: str) -> Entry[D] | NotFound:
        """Return the entry that is known by *label*."""
        async with self.reading(self.tenant_id) as unit:
            return await self.kind.store(unit).find(label) or self._none()

    async def list(self, *, after: str = "", limit: int = 50) -> "list[Entry[D]]":
        """Return up to *limit* entries behind *after*, oldest first."""
        async with self.reading(self.tenant_id) as unit:
            return await self.kind.store(unit).list(after=after, limit=limit)

    async def update(
        self,
        id: str,  # noqa: A002 - the record's own name
        change: Callable[[D], D],
        actor: Actor,
        *,
        expected_version: int | None = None,
    ) -> Entry[D] | Refusal:
        """Replace what is registered by what *change* makes of it; the label stays, since tokens and grants name it.

        Returns:
            The entry as it is now (the same version if nothing changed), or as :meth:`create`, ``NotFound`` or
            ``Conflict("version_changed")``.
        """
        before = await self.read(id)
        if isinstance(before, Refusal):
            return before
        document = change(before.document)
        refusal = self.kind.validate(document)
        if refusal is not None or document == before.document:
            return refusal or before
        if document.label != before.document.label:
            return Invalid("immutable", self.kind.label, {self.kind.label: "immutable"})
        if expected_version not in {None, before.version}:
            return Conflict("version_changed")
        await self._provide(document)
        after = replace(before, document=document, updated_at=self.clock.now(), version=before.version + 1)
        async with self.begin(self.tenant_id) as unit:
            if not await self.kind.store(unit).update(after, before.version):
                return Conflict("version_changed")
            self._tell(unit, "updated", after, actor, fields=differing(before.document, document))
        return after

    async def delete(
        self,
        id: str,  # noqa: A002 - the record's own name
        actor: Actor,
        *,
        expected_version: int | None = None,
    ) -> Entry[D] | Refusal:
        """Remove an entry; return what it was. Tokens that were issued for it live on until they expire."""
        async with self.begin(self.tenant_id) as unit:
            store = self.kind.store(unit)
            entry = await store.get(id)
            if entry is None:
                return self._none()
            if expected_version not in {None, entry.version}:
                return Conflict("version_changed")
            await store.delete(id)
            self._tell(unit, "deleted", entry, actor)
            return entry

    async def _provide(self, document: D) -> None:
        """Have a key for the algorithm that a resource server's tokens are to be signed with."""
        alg = getattr(document, "token_signing_alg", "")
        if alg:
            vault = await self.keyring.tenant(self.tenant_id)
            reading, begin = (lambda: self.reading(self.tenant_id)), (lambda: self.begin(self.tenant_id))
            await provide_keys(reading, begin, vault, self.clock, {Algorithm(alg)})

    def _taken(self) -> Conflict:
        return Conflict(f"{self.kind.noun}_taken", fields={self.kind.label: f"{self.kind.label}.taken"})

    def _none(self) -> NotFound:
        return NotFound(f"{self.kind.noun}_not_found")

    def _tell(self, unit: CatalogueUnit, what: str, entry: Entry[D], actor: Actor, **data: Any) -> None:
        name = f"{self.kind.noun}.{what}"
        data = {self.kind.label: entry.document.label, "version": entry.version, **data}
        unit.record(AuditEntry(event=name, actor=actor.name, request_id=actor.request_id, data=data))
        unit.announce(Event(name, subject=entry.id, data={self.kind.label: entry.document.label}))
        unit.change("resource", entry.id)
