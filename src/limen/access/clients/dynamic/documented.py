"""Keeping what a client-ID metadata document says, so that consents and grants have a client to belong to."""

from dataclasses import dataclass, replace

import msgspec

from limen.access.clients.dynamic.documents import read_document
from limen.access.clients.fields import internal_names
from limen.access.clients.records import Client, ClientDocument
from limen.access.clients.registration import Begin
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import DAY, Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Forbidden, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import ClientKey

_INTERNAL = internal_names(ClientDocument)


@dataclass(frozen=True, slots=True)
class DocumentKeeper:
    """One tenant's clients that are named by their documents."""

    tenant: Tenant
    begin: Begin
    clock: Clock
    entropy: Entropy

    async def kept(self, client_id: str, body: bytes, stored: Client | None) -> Client | Refusal:
        """Return the client that *body* describes, stored; *stored* is what was known of it before.

        Returns:
            Also ``Invalid`` for a document that will not do, ``Forbidden("too_many_clients")``, or ``Conflict`` where
            somebody else changed the client at the same moment.
        """
        policy = self.tenant.settings.registration
        if stored is not None:
            document = read_document(client_id, body, policy, stored.document)
            if isinstance(document, Refusal) or document == stored.document:
                return document if isinstance(document, Refusal) else stored
            kept = {name: getattr(stored.document, name) for name in _INTERNAL}
            return await self._changed(stored, msgspec.structs.replace(document, **kept))
        document = read_document(client_id, body, policy)
        return document if isinstance(document, Refusal) else await self._new(client_id, document)

    async def _new(self, client_id: str, document: ClientDocument) -> Client | Refusal:
        now, policy = self.clock.now(), self.tenant.settings.registration
        key = ClientKey.new(self.clock, self.entropy)
        client = Client(key, client_id, document, now, now, unused_until=now + policy.unused_days * DAY)
        async with self.begin(self.tenant.id) as unit:
            if await unit.clients.count_dynamic() >= policy.most_clients:
                return Forbidden("too_many_clients", "the tenant's quota")
            if not await unit.clients.add(client):  # somebody else was quicker
                return await unit.clients.get(client_id) or Conflict("version_changed")
            unit.record(AuditEntry("client.created", actor="registration:document", client=client_id))
            unit.announce(Event("client.created", subject=key, data={"client_id": client_id}))
            unit.change("client", client_id)
        return client

    async def _changed(self, stored: Client, document: ClientDocument) -> Client | Refusal:
        changed = replace(stored, document=document, updated_at=self.clock.now(), version=stored.version + 1)
        async with self.begin(self.tenant.id) as unit:
            if not await unit.clients.update(changed, stored.version):
                return await unit.clients.get(stored.client_id) or Conflict("version_changed")
            unit.record(AuditEntry("client.updated", actor="registration:document", client=stored.client_id))
            unit.announce(Event("client.updated", subject=stored.key, data={"client_id": stored.client_id}))
            unit.change("client", stored.client_id)
        return changed
