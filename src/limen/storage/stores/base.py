"""What the stores share: a connection, a tenant, and conditional statements that say whether they applied.

A store's statements are made by the functions here, as constants of its module. Each of them carries the tenant: a
condition on ``tenant_id`` in what reads, changes and deletes, a value for it in what inserts. The base binds it, and
runs nothing else, so that a query without a tenant cannot be written. How statements are made and run is told in
:mod:`limen.storage.statements`.
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from limen.kernel.ids import TenantId
from limen.storage.statements import ByKind, Connection, InsertNew, InsertOrChange, Statement

TENANT = "tenant_id"
"""The name of the column, and of the parameter, that every statement of a store has."""


class TenantStatement(Statement):
    """A statement that binds the tenant."""

    __slots__ = ()


class TenantByKind(ByKind, TenantStatement):
    """A statement that binds the tenant, in two ways of putting it."""

    __slots__ = ()


class TenantInsertNew(InsertNew, TenantStatement):
    """An INSERT unless a unique key is taken, with the tenant."""

    __slots__ = ()


class TenantInsertOrChange(InsertOrChange, TenantStatement):
    """An INSERT that changes what is there where the primary key is taken, with the tenant, which is part of it."""

    __slots__ = ()


def of_tenant(table: Table) -> ColumnElement[bool]:
    """Return the condition that a row of *table* is the tenant's, for sub-queries."""
    return table.c.tenant_id == bindparam(TENANT)


def mine(core: Select[Any] | Update | Delete, *tables: Table, sets: Sequence[str] | None = None) -> TenantStatement:
    """Return *core* narrowed to the tenant's rows of *tables*: for what the functions below cannot say."""
    return TenantStatement(core.where(*(of_tenant(table) for table in tables)), sets=sets)


def select_mine(table: Table, *conditions: ColumnElement[bool]) -> TenantStatement:
    """Return SELECT of the tenant's rows that meet *conditions*."""
    return mine(select(table).where(*conditions), table)


def update_mine(table: Table, *conditions: ColumnElement[bool], sets: Sequence[str]) -> TenantStatement:
    """Return UPDATE of the columns *sets* in the tenant's rows that meet *conditions*."""
    return mine(update(table).where(*conditions), table, sets=sets)


def delete_mine(table: Table, *conditions: ColumnElement[bool]) -> TenantStatement:
    """Return DELETE of the tenant's rows that meet *conditions*."""
    return mine(delete(table).where(*conditions), table)


def insert_mine(table: Table, *, but: Sequence[str] = ()) -> TenantStatement:
    """Return INSERT of a row for the tenant: every column *but* some, which stay NULL."""
    return TenantStatement(insert(table), sets=columns(table, but))


def insert_new_mine(table: Table, *, but: Sequence[str] = ()) -> TenantStatement:
    """Return the same that does nothing where a unique key is taken; the transaction goes on either way."""
    return TenantInsertNew(table, sets=columns(table, but))


def columns(table: Table, but: Sequence[str] = ()) -> list[str]:
    """Return the names of the columns of *table*, *but* some."""
    return [column.name for column in table.c if column.name not in but]


class TenantStoreBase:
    """Runs the statements of one tenant."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        """Speak over *connection* for *tenant_id*."""
        self._connection, self._tenant_id = connection, tenant_id

    def _run(self, statement: TenantStatement, values: Mapping[str, Any] | None = None, **more: Any) -> Awaitable[int]:
        """Run *statement* with *values* and *more* by name; return how many rows it touched."""
        return self._connection.change(statement, {TENANT: self._tenant_id, **(values or {}), **more})

    async def _applied(self, statement: TenantStatement, values: Mapping[str, Any] | None = None, **more: Any) -> bool:
        return await self._connection.change(statement, {TENANT: self._tenant_id, **(values or {}), **more}) > 0

    def _one(self, statement: TenantStatement, **values: Any) -> Awaitable[Any]:
        return self._connection.first(statement, {TENANT: self._tenant_id, **values})

    def _all(self, statement: TenantStatement, **values: Any) -> Awaitable[list[Any]]:
        return self._connection.fetch(statement, {TENANT: self._tenant_id, **values})

    # ------------------------------------ for conditions that differ from call to call: compiled each time they are run

    async def _found(self, statement: Select[Any]) -> list[Any]:
        return (await self._connection.execute(statement)).all()

    def _mine(self, table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(table.c.tenant_id == self._tenant_id, *conditions)

    def _select(self, table: Table, *conditions: ColumnElement[bool]) -> Select[Any]:
        return select(table).where(self._mine(table, *conditions))
