"""Registering, changing and removing relying parties: what an administrator does, whatever the interface.

A secret is shown once, when it is made; during a rotation the old one counts beside the new one.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import msgspec

from limen.access.clients.fields import differing, internal_names
from limen.access.clients.records import Client, ClientDocument
from limen.access.clients.secrets import (
    PURPOSE,
    Overlap,
    check_secret,
    is_sealed,
    needs_secret,
    new_secret,
    with_secret,
)
from limen.access.clients.sector import check_sector
from limen.access.clients.store import ClientStore
from limen.access.clients.validation import CODE, new_client_id, validate, validate_client_id
from limen.access.jose.algorithms import Algorithm
from limen.access.jose.provide import KeyUnit, provide_keys
from limen.access.outgoing import NO_WAY_OUT, Outgoing
from limen.identity.administrators import Actor
from limen.identity.keyring import Keyring
from limen.kernel.clock import SECOND, Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import ClientKey, TenantId
from limen.kernel.secret import Secret


class ClientUnit(KeyUnit, Protocol):
    """A unit of work that reaches the clients, and the keys that they may need."""

    @property
    def clients(self) -> ClientStore:
        """Return the tenant's clients."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[ClientUnit]]
Change = Callable[[ClientDocument], ClientDocument]
_INTERNAL = internal_names(ClientDocument)


@dataclass(frozen=True, slots=True)
class Registered:
    """A client, and its secret if one was made just now: the one time it can be shown."""

    client: Client
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """One tenant's client registration."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    keyring: Keyring
    clock: Clock
    entropy: Entropy
    outgoing: Outgoing = NO_WAY_OUT

    async def create(
        self,
        document: ClientDocument,
        actor: Actor,
        *,
        client_id: str | None = None,
        secret: Secret | None = None,
        unused_until: Instant | None = None,
    ) -> Registered | Refusal:
        """Register a client; *client_id* and *secret* are made unless given. It goes if unused by *unused_until*.

        Returns:
            ``Invalid("invalid_client_metadata")`` by field, ``Forbidden("beyond_your_authority")`` or
            ``Conflict("client_id_taken")``.
        """
        refused = validate(document) or (validate_client_id(client_id) if client_id is not None else None)
        beyond = refused or _beyond(actor, document) or await self._settle(document)
        if beyond is not None:
            return beyond
        made = _first_secret(document, secret, self.entropy)
        if isinstance(made, Refusal):
            return made
        now = self.clock.now()
        client = Client(
            key=ClientKey.new(self.clock, self.entropy),
            client_id=client_id or new_client_id(self.entropy),
            document=document,
            created_at=now,
            updated_at=now,
            unused_until=unused_until,
        )
        if made is not None:
            vault = await self.keyring.tenant(self.tenant_id)
            client = replace(client, document=with_secret(client, document, vault, made))
        async with self.begin(self.tenant_id) as unit:
            if not await unit.clients.add(client):
                return Conflict("client_id_taken", fields={"client_id": "client_id.taken"})
            _tell(unit, "client.created", client, actor)
        return Registered(client, made if secret is None else None)

    async def read(self, client_id: str) -> Client | NotFound:
        """Return one client."""
        async with self.reading(self.tenant_id) as unit:
            return await unit.clients.get(client_id) or NotFound("client_not_found")

    async def list(self, *, after: str = "", limit: int = 50) -> "list[Client]":
        """Return up to *limit* clients whose key sorts behind *after*, oldest first."""
        async with self.reading(self.tenant_id) as unit:
            return await unit.clients.list(after=after, limit=limit)

    async def update(
        self,
        client_id: str,
        change: Change,
        actor: Actor,
        *,
        expected_version: int | None = None,
        internal: Mapping[str, Any] | None = None,
    ) -> Client | Refusal:
        """Replace what is registered by what *change* makes of it; secrets stay unless the new method has none.

        *internal* fields are set as given; otherwise no change touches them.

        Returns:
            The client as it is now (the same version if nothing changed), or as :meth:`create`, ``NotFound`` or
            ``Conflict("version_changed")``.
        """
        found = await self.read(client_id)
        if isinstance(found, Refusal):
            return found
        unsettled = await self._settle(_kept(found.document, change(found.document)), found.document)
        if unsettled is not None:
            return unsettled
        async with self.begin(self.tenant_id) as unit:
            client = await _expected(unit, client_id, expected_version)
            if isinstance(client, Refusal):
                return client
            document = _kept(client.document, change(client.document), internal)
            refusal = validate(document) or _beyond(actor, client.document, document)
            if refusal is not None or document == client.document:
                return refusal or client
            return await self._replace(unit, client, document, actor)

    async def rotate_secret(
        self,
        client_id: str,
        actor: Actor,
        *,
        secret: Secret | None = None,
        overlap: int | None = None,
        expected_version: int | None = None,
    ) -> Registered | Refusal:
        """Give the client another secret; the one before it counts for *overlap* seconds, or until the next rotation.

        Returns:
            As :meth:`update`; ``Invalid`` if the client has no use for a secret.
        """
        refusal = check_secret(secret) if secret is not None else None
        if refusal is not None:
            return refusal
        vault = await self.keyring.tenant(self.tenant_id)
        kept = Overlap() if overlap is None else Overlap(overlap > 0, self.clock.now() + overlap * SECOND)
        async with self.begin(self.tenant_id) as unit:
            client = await _expected(unit, client_id, expected_version)
            if isinstance(client, Refusal):
                return client
            if not needs_secret(client.document):
                return Invalid(CODE, "no secret wanted", {"token_endpoint_auth_method": "secret.unused"})
            beyond = _beyond(actor, client.document)
            if beyond is not None:
                return beyond
            fresh = secret or new_secret(self.entropy, client.document)
            document = with_secret(client, client.document, vault, fresh, kept)
            rotated = await self._replace(unit, client, document, actor, what="secret")
        if isinstance(rotated, Refusal):
            return rotated
        return Registered(rotated, fresh if secret is None else None)

    async def delete(self, client_id: str, actor: Actor, *, expected_version: int | None = None) -> Client | Refusal:
        """Remove a client with its grants and token families; return what it was."""
        async with self.begin(self.tenant_id) as unit:
            client = await _expected(unit, client_id, expected_version)
            if isinstance(client, Refusal):
                return client
            refusal = _beyond(actor, client.document)
            if refusal is not None:
                return refusal
            await unit.clients.delete(client.key)
            _tell(unit, "client.deleted", client, actor)
            return client

    async def secret_key(self) -> bytes:
        """Return the sub-key that hashes this tenant's client secrets."""
        return (await self.keyring.tenant(self.tenant_id)).derive(PURPOSE)

    async def _settle(self, document: ClientDocument, before: ClientDocument | None = None) -> Invalid | None:
        """Do what takes long before a transaction begins: ask for the sector, make keys for new algorithms."""
        if validate(document) is not None:
            return None  # said by whoever asks next
        refusal = await check_sector(self.outgoing, document, before)
        if refusal is not None:
            return refusal
        wanted = algorithms_of(document) - (algorithms_of(before) if before is not None else set())
        if wanted:
            vault = await self.keyring.tenant(self.tenant_id)
            reading, begin = (lambda: self.reading(self.tenant_id)), (lambda: self.begin(self.tenant_id))
            await provide_keys(reading, begin, vault, self.clock, wanted)
        return None

    async def _replace(
        self, unit: ClientUnit, client: Client, document: ClientDocument, actor: Actor, what: str = "metadata"
    ) -> Client | Refusal:
        changed = replace(client, document=document, updated_at=self.clock.now(), version=client.version + 1)
        if not await unit.clients.update(changed, client.version):
            return Conflict("version_changed")
        _tell(unit, "client.updated", changed, actor, what=what, fields=differing(client.document, document))
        return changed


def algorithms_of(document: ClientDocument) -> set[Algorithm]:
    """Return what the client's answers are signed with."""
    names = (name for name in document.__struct_fields__ if name.endswith("_signed_response_alg"))
    return {Algorithm(alg) for name in names if (alg := getattr(document, name))}


async def _expected(unit: ClientUnit, client_id: str, version: int | None) -> Client | Refusal:
    client = await unit.clients.get(client_id)
    if client is None:
        return NotFound("client_not_found")
    if version is not None and client.version != version:
        return Conflict("version_changed")
    return client


def _kept(before: ClientDocument, after: ClientDocument, internal: Mapping[str, Any] | None = None) -> ClientDocument:
    """Return *after* with what no interface may change, but for *internal*; a secret that is of no more use goes."""
    kept = {name: getattr(before, name) for name in _INTERNAL} | dict(internal or {})
    if not needs_secret(after) or is_sealed(after) is not is_sealed(before):  # a hash makes no MAC: a new one is due
        kept |= {"secret_hashes": (), "sealed_secrets": (), "old_secret_until": 0}
    return msgspec.structs.replace(after, **kept)


def _first_secret(document: ClientDocument, given: Secret | None, entropy: Entropy) -> Secret | Invalid | None:
    if not needs_secret(document):
        return Invalid(CODE, "no secret wanted", {"secret": "secret.unused"}) if given is not None else None
    return new_secret(entropy, document) if given is None else check_secret(given) or given


def _beyond(actor: Actor, *documents: ClientDocument) -> Forbidden | None:
    """Refuse to touch or make a client that holds an administrative scope which *actor* does not."""
    if all(actor.holds(document.scopes) for document in documents):
        return None
    return Forbidden("beyond_your_authority", "an administrative scope", {"scopes": "scopes.beyond_your_authority"})


def _tell(unit: ClientUnit, name: str, client: Client, actor: Actor, **data: Any) -> None:
    unit.record(
        AuditEntry(
            event=name,
            actor=actor.name,
            client=client.client_id,
            request_id=actor.request_id,
            data={"version": client.version, **data},
        )
    )
    unit.announce(Event(name, subject=client.key, data={"client_id": client.client_id}))
    unit.change("client", client.client_id)
