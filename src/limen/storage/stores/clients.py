"""Relying parties, and what may be used once."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Row,
    Table,
    bindparam,
    exists,
    func,
    select,
)

from limen.access.clients.records import Client, ClientDocument
from limen.kernel.clock import Instant
from limen.kernel.encoding import sha256
from limen.kernel.ids import ClientKey
from limen.storage.schema.clients import clients
from limen.storage.schema.tokens import codes, families, grants, replays
from limen.storage.stores.base import (
    TenantStoreBase,
    columns,
    delete_mine,
    insert_new_mine,
    mine,
    of_tenant,
    select_mine,
    update_mine,
)

_documents = msgspec.json.Decoder(ClientDocument)
_USES = mine(select(clients.c.key).where(clients.c.document.like(bindparam("says"))).limit(1), clients)
_NO_PKCE = mine(
    select(clients.c.client_id)
    .where(clients.c.document.like('%"require_pkce":false%'))
    .order_by(clients.c.key)
    .limit(bindparam("most")),
    clients,
)
_DYNAMIC = mine(
    select(func.count().label("found")).select_from(clients).where(clients.c.unused_until.is_not(None)), clients
)


def _none_in(table: Table) -> ColumnElement[bool]:
    return ~exists().where(of_tenant(table), table.c.client_key == clients.c.key)


_UNUSED = mine(
    select(clients)
    .where(clients.c.unused_until <= bindparam("now"), _none_in(grants), _none_in(families))
    .order_by(clients.c.unused_until)
    .limit(bindparam("most")),
    clients,
)

_GET = select_mine(clients, clients.c.client_id == bindparam("client_id"))
_BY_KEY = select_mine(clients, clients.c.key == bindparam("of"))
_LIST = mine(
    select(clients).where(clients.c.key > bindparam("after")).order_by(clients.c.key).limit(bindparam("at_most")),
    clients,
)
_ADD = insert_new_mine(clients)
_UPDATE = update_mine(
    clients,
    clients.c.key == bindparam("of"),
    clients.c.version == bindparam("expected"),
    sets=columns(clients, ("tenant_id", "key")),
)
# Codes have no index by client, which each of them would pay for: they are found by who allowed it. Those of a grant
# that has ended were void before.
_who_allowed = select(grants.c.customer_id).where(of_tenant(grants), grants.c.client_key == bindparam("of"))
_DELETE_ALL = (
    delete_mine(codes, codes.c.client_key == bindparam("of"), codes.c.customer_id.in_(_who_allowed)),
    delete_mine(families, families.c.client_key == bindparam("of")),
    delete_mine(grants, grants.c.client_key == bindparam("of")),
)
_DELETE = delete_mine(clients, clients.c.key == bindparam("of"))
_FIRST_USE = insert_new_mine(replays)


class SqlClients(TenantStoreBase):
    """Implements :class:`limen.access.clients.store.ClientStore`."""

    async def get(self, client_id: str) -> Client | None:
        """Return the client that shows this ``client_id``."""
        row = await self._one(_GET, client_id=client_id)
        return None if row is None else _client(row)

    async def by_key(self, key: ClientKey) -> Client | None:
        """Return the client with this internal identifier."""
        row = await self._one(_BY_KEY, of=key)
        return None if row is None else _client(row)

    async def list(self, *, after: str, limit: int) -> list[Client]:
        """Return up to *limit* clients behind *after*."""
        return [_client(row) for row in await self._all(_LIST, after=after, at_most=limit)]

    async def add(self, client: Client) -> bool:
        """Store a client; False if its ``client_id`` is taken."""
        return await self._applied(_ADD, _values(client))

    async def update(self, client: Client, expected_version: int) -> bool:
        """Replace the client if the stored version is still *expected_version*."""
        values = _values(client)
        return await self._applied(_UPDATE, values, of=values.pop("key"), expected=expected_version)

    async def uses_algorithm(self, alg: str) -> bool:
        """Tell whether a client has something signed with *alg*; stops at the first."""
        return await self._one(_USES, says=f'%_signed_response_alg":"{alg}"%') is not None

    async def without_pkce(self, *, limit: int) -> Sequence[str]:
        """Return the ``client_id`` of up to *limit* clients that may ask without PKCE, the oldest first."""
        return [row.client_id for row in await self._all(_NO_PKCE, most=limit)]

    async def count_dynamic(self) -> int:
        """Return how many clients registered themselves."""
        return int((await self._one(_DYNAMIC)).found)

    async def unused(self, now: Instant, *, limit: int) -> Sequence[Client]:
        """Return up to *limit* clients that registered themselves, whom nobody allowed anything until their time."""
        return [_client(row) for row in await self._all(_UNUSED, now=now, most=limit)]

    async def delete(self, key: ClientKey) -> bool:
        """Delete the client, its grants, codes and token families."""
        for statement in _DELETE_ALL:
            await self._run(statement, of=key)
        return await self._applied(_DELETE, of=key)


class SqlReplays(TenantStoreBase):
    """What may be used once: behind :data:`limen.access.tokens.desk.FirstUse`."""

    async def first_use(self, kind: str, value: str, expires_at: Instant) -> bool:
        """Return True exactly once for (*kind*, *value*)."""
        row = {"kind": kind, "digest": sha256(value.encode()), "expires_at": expires_at}
        return await self._applied(_FIRST_USE, row)


def _client(row: Row[Any]) -> Client:
    return Client(
        key=ClientKey(row.key),
        client_id=row.client_id,
        document=_documents.decode(row.document),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
        unused_until=row.unused_until,
    )


def _values(client: Client) -> dict[str, Any]:
    return {
        "key": client.key,
        "client_id": client.client_id,
        "document": msgspec.json.encode(client.document).decode(),
        "created_at": client.created_at,
        "updated_at": client.updated_at,
        "version": client.version,
        "unused_until": client.unused_until,
    }
