"""Relying parties, and what may be used once."""

from typing import Any

import msgspec
from sqlalchemy import Row

from limen.access.clients.records import Client, ClientDocument
from limen.kernel.clock import Instant
from limen.kernel.encoding import sha256
from limen.kernel.ids import ClientKey
from limen.storage.schema import clients, codes, families, grants, replays
from limen.storage.stores.base import TenantStoreBase

_documents = msgspec.json.Decoder(ClientDocument)


class SqlClients(TenantStoreBase):
    """Implements :class:`limen.access.clients.store.ClientStore`."""

    async def get(self, client_id: str) -> Client | None:
        """Return the client that shows this ``client_id``."""
        row = await self._one(self._select(clients, clients.c.client_id == client_id))
        return None if row is None else _client(row)

    async def by_key(self, key: ClientKey) -> Client | None:
        """Return the client with this internal identifier."""
        row = await self._one(self._select(clients, clients.c.key == key))
        return None if row is None else _client(row)

    async def list(self, *, after: str, limit: int) -> list[Client]:
        """Return up to *limit* clients behind *after*."""
        statement = self._select(clients, clients.c.key > after).order_by(clients.c.key).limit(limit)
        return [_client(row) for row in await self._all(statement)]

    async def add(self, client: Client) -> bool:
        """Store a client; False if its ``client_id`` is taken."""
        return await self._insert_new(clients, _values(client))

    async def update(self, client: Client, expected_version: int) -> bool:
        """Replace the client if the stored version is still *expected_version*."""
        condition = (clients.c.key == client.key, clients.c.version == expected_version)
        return await self._applied(self._update(clients, *condition).values(**_values(client)))

    async def delete(self, key: ClientKey) -> bool:
        """Delete the client, its grants, codes and token families."""
        for table in (families, codes, grants):
            await self._connection.execute(self._delete(table, table.c.client_key == key))
        return await self._applied(self._delete(clients, clients.c.key == key))


class SqlReplays(TenantStoreBase):
    """What may be used once: behind :data:`limen.access.tokens.desk.FirstUse`."""

    async def first_use(self, kind: str, value: str, expires_at: Instant) -> bool:
        """Return True exactly once for (*kind*, *value*)."""
        row = {"kind": kind, "digest": sha256(value.encode()), "expires_at": expires_at}
        return await self._insert_new(replays, row)


def _client(row: Row[Any]) -> Client:
    return Client(
        key=ClientKey(row.key),
        client_id=row.client_id,
        document=_documents.decode(row.document),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def _values(client: Client) -> dict[str, Any]:
    return {
        "key": client.key,
        "client_id": client.client_id,
        "document": msgspec.json.encode(client.document).decode(),
        "created_at": client.created_at,
        "updated_at": client.updated_at,
        "version": client.version,
    }
