"""One tenant's clients as its doors hold them: in memory, kept current by the change feed.

What a client publishes elsewhere (its keys) is put into what is held, for as long as it is fresh.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace

import msgspec
import structlog

from limen.access.clients.dynamic.documented import DocumentKeeper
from limen.access.clients.dynamic.documents import DOCUMENT, is_allowed, is_document_id, shown_host
from limen.access.clients.key_sets import PATIENCE_SECONDS, fetch_key_set
from limen.access.clients.records import Client
from limen.access.jose.foreign import ClientKeys
from limen.access.outgoing import Outgoing
from limen.access.tokens.desk import LoadedClient
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import SECOND, Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Refusal, Unavailable
from limen.storage.opening import Storage

_log = structlog.get_logger("limen.clients")


@dataclass(frozen=True, slots=True)
class ClientParts:
    """What clients are looked up with; *most* are held for each tenant."""

    storage: Storage
    outgoing: Outgoing
    clock: Clock
    entropy: Entropy
    most: int


class ClientCache:
    """One tenant's clients, by ``client_id``; the least recently used goes first, and who is not there is not kept."""

    def __init__(self, tenant: Tenant, parts: ClientParts) -> None:
        """Hold clients of *tenant*."""
        self._tenant = tenant
        self._parts = parts
        self._held: OrderedDict[str, LoadedClient] = OrderedDict()
        self._heard = 0
        storage = parts.storage
        self._keeper = DocumentKeeper(tenant, storage.database.begin, parts.clock, parts.entropy)

    async def __call__(self, client_id: str) -> LoadedClient | None:
        """Return the active client that shows this ``client_id``."""
        held = self._held.get(client_id)
        if held is not None and self._parts.storage.feed.is_fresh() and not self._is_stale(held):
            self._held.move_to_end(client_id)
            return held
        return await self._loaded(client_id, 0)

    async def renewed(self, client_id: str) -> LoadedClient | None:
        """Return the client with the keys that it publishes now, unless those that are held are very young."""
        held = await self(client_id)
        if held is None or held.keys_at + PATIENCE_SECONDS * SECOND > self._parts.clock.now():
            return held
        return await self._loaded(client_id, held.keys_at)

    def forget(self, client_id: str) -> None:
        """Drop one client: it changed."""
        self._heard += 1
        self._held.pop(client_id, None)

    def _is_stale(self, held: LoadedClient) -> bool:
        return bool(held.fresh_until) and held.fresh_until <= self._parts.clock.now()

    async def _loaded(self, client_id: str, newer_than: Instant) -> LoadedClient | None:
        heard, is_fresh = self._heard, self._parts.storage.feed.is_fresh()
        loaded = await self._load(client_id, newer_than)
        if loaded is not None and is_fresh and heard == self._heard:
            self._held[client_id] = loaded
            if len(self._held) > self._parts.most:
                self._held.popitem(last=False)
        return loaded

    async def _load(self, client_id: str, newer_than: Instant) -> LoadedClient | None:
        if "\0" in client_id:  # PostgreSQL's text cannot hold it, so nobody is called that
            return None
        policy = self._tenant.settings.registration
        is_documented = is_document_id(client_id)
        if is_documented and not is_allowed(client_id, policy):
            return None
        async with self._parts.storage.database.read(self._tenant.id) as unit:
            client = await unit.clients.get(client_id)
        if client is not None and not client.is_active:
            return None
        if is_documented:
            return await self._documented(client_id, client, newer_than)
        return await self._with_keys(client, newer_than) if client is not None else None

    async def _documented(self, client_id: str, stored: Client | None, newer_than: Instant) -> LoadedClient | None:
        fetched = await self._parts.outgoing.fetch(client_id, DOCUMENT)
        if isinstance(fetched, Refusal):
            if stored is None or not isinstance(fetched, Unavailable):  # it says no more that there is such a client
                return None
            loaded = await self._with_keys(stored, newer_than)
            return replace(loaded, fresh_until=self._parts.clock.now() + PATIENCE_SECONDS * SECOND)
        client = await self._keeper.kept(client_id, fetched.body, stored)
        if isinstance(client, Refusal):
            _log.info("client.document_refused", host=shown_host(client_id), why=client.detail or client.code)
            return None
        loaded = await self._with_keys(client, newer_than)
        return replace(loaded, fresh_until=min(loaded.fresh_until or fetched.fresh_until, fetched.fresh_until))

    async def _with_keys(self, client: Client, newer_than: Instant) -> LoadedClient:
        document = client.document
        if not document.jwks_uri:
            return LoadedClient(client, _parsed(client))
        now = self._parts.clock.now()
        found = await fetch_key_set(self._parts.outgoing, document.jwks_uri, newer_than)
        if isinstance(found, Refusal):  # without keys nothing of this client verifies; soon somebody asks again
            return LoadedClient(client, None, now + PATIENCE_SECONDS * SECOND, now)
        jwks, fetched = found
        published = replace(client, document=msgspec.structs.replace(document, jwks=jwks))
        return LoadedClient(published, _parsed(published), fetched.fresh_until, fetched.fetched_at)


def _parsed(client: Client) -> ClientKeys | None:
    keys = ClientKeys.parse(client.document.jwks) if client.document.jwks else None
    return None if isinstance(keys, Refusal) else keys
