"""What the stores share: a connection, a tenant, and conditional statements that say whether they applied."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Delete, Insert, Row, Select, Table, Update, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from limen.kernel.ids import TenantId
from limen.storage.dialects import insert_unless_taken


class TenantStoreBase:
    """Every statement built here carries the tenant; there is no other way to build one."""

    def __init__(self, connection: AsyncConnection, tenant_id: TenantId) -> None:
        """Speak over *connection* for *tenant_id*."""
        self._connection, self._tenant_id = connection, tenant_id

    def _mine(self, table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(table.c.tenant_id == self._tenant_id, *conditions)

    def _select(self, table: Table, *conditions: ColumnElement[bool]) -> Select[Any]:
        return select(table).where(self._mine(table, *conditions))

    def _update(self, table: Table, *conditions: ColumnElement[bool]) -> Update:
        return update(table).where(self._mine(table, *conditions))

    def _delete(self, table: Table, *conditions: ColumnElement[bool]) -> Delete:
        return delete(table).where(self._mine(table, *conditions))

    async def _one(self, statement: Select[Any]) -> Row[Any] | None:
        row: Row[Any] | None = (await self._connection.execute(statement)).first()
        return row

    async def _all(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        rows: Sequence[Row[Any]] = (await self._connection.execute(statement)).all()
        return rows

    async def _applied(self, statement: Insert | Update | Delete) -> bool:
        return (await self._connection.execute(statement)).rowcount > 0

    async def _insert(self, table: Table, values: Mapping[str, Any]) -> None:
        await self._connection.execute(insert(table).values(tenant_id=self._tenant_id, **values))

    async def _insert_new(self, table: Table, values: Mapping[str, Any]) -> bool:
        """Insert unless a unique key is taken; the transaction goes on either way."""
        statement = insert_unless_taken(self._connection, table)
        return await self._applied(statement.values(tenant_id=self._tenant_id, **values))

    async def _put(self, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Set the row of *key* to *values*, whether or not there is one."""
        if not await self._insert_new(table, {**key, **values}):
            mine = (table.c[name] == value for name, value in key.items())
            await self._connection.execute(self._update(table, *mine).values(**values))
