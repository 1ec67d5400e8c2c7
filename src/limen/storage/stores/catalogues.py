"""Resource servers and types of ``authorization_details``: two tables of one shape."""

from typing import Any, ClassVar, Generic

import msgspec
from sqlalchemy import Table, bindparam

from limen.access.resources.records import D, DetailTypeDocument, Entry, ResourceDocument
from limen.storage.schema.clients import detail_types, resource_servers
from limen.storage.stores.base import (
    TenantStatement,
    TenantStoreBase,
    delete_mine,
    insert_new_mine,
    mine,
    select_mine,
    update_mine,
)

_CHANGING = ("document", "updated_at", "version")


class _Statements:
    """The statements of one table."""

    def __init__(self, table: Table) -> None:
        of = table.c.id == bindparam("of")
        self.get = select_mine(table, of)
        self.find = select_mine(table, table.c.label == bindparam("called"))
        self.list = _page(table)
        self.add = insert_new_mine(table)
        self.update = update_mine(table, of, table.c.version == bindparam("expected"), sets=_CHANGING)
        self.delete = delete_mine(table, of)


def _page(table: Table) -> TenantStatement:
    core = table.select().where(table.c.id > bindparam("after")).order_by(table.c.id).limit(bindparam("most"))
    return mine(core, table)


class _SqlCatalogue(TenantStoreBase, Generic[D]):
    """Implements :class:`limen.access.resources.store.CatalogueStore`."""

    statements: ClassVar[_Statements]
    decoder: ClassVar[msgspec.json.Decoder[Any]]

    async def get(self, id: str) -> Entry[D] | None:  # noqa: A002 - the record's own name
        """Return one entry."""
        row = await self._one(self.statements.get, of=id)
        return None if row is None else self._entry(row)

    async def find(self, label: str) -> Entry[D] | None:
        """Return the entry that is known by *label*."""
        row = await self._one(self.statements.find, called=label)
        return None if row is None else self._entry(row)

    async def list(self, *, after: str, limit: int) -> "list[Entry[D]]":
        """Return up to *limit* entries behind *after*."""
        return [self._entry(row) for row in await self._all(self.statements.list, after=after, most=limit)]

    async def add(self, entry: Entry[D]) -> bool:
        """Store an entry; False if its label is taken."""
        values = {
            "id": entry.id,
            "label": entry.document.label,
            "document": msgspec.json.encode(entry.document).decode(),
            "created_at": entry.created_at,
            "updated_at": entry.updated_at,
            "version": entry.version,
        }
        return await self._applied(self.statements.add, values)

    async def update(self, entry: Entry[D], expected_version: int) -> bool:
        """Replace the entry if the stored version is still *expected_version*; its label stays."""
        values = {
            "document": msgspec.json.encode(entry.document).decode(),
            "updated_at": entry.updated_at,
            "version": entry.version,
        }
        return await self._applied(self.statements.update, values, of=entry.id, expected=expected_version)

    async def delete(self, id: str) -> bool:  # noqa: A002 - the record's own name
        """Delete an entry; False if there was none."""
        return await self._applied(self.statements.delete, of=id)

    def _entry(self, row: Any) -> Entry[D]:
        document = self.decoder.decode(row.document)
        return Entry(row.id, document, row.created_at, row.updated_at, row.version)


class SqlResourceServers(_SqlCatalogue[ResourceDocument]):
    """Resource servers."""

    statements = _Statements(resource_servers)
    decoder = msgspec.json.Decoder(ResourceDocument)


class SqlDetailTypes(_SqlCatalogue[DetailTypeDocument]):
    """Types of ``authorization_details``."""

    statements = _Statements(detail_types)
    decoder = msgspec.json.Decoder(DetailTypeDocument)
