"""The key store: its own database, implements :class:`limen.identity.keyring.store.KeyStore`."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from sqlalchemy import Row, Table, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from limen.identity.keyring.store import SubjectCursor, WrappedSubjectKey, WrappedTenantKey
from limen.kernel.clock import Instant
from limen.storage.dialects import Dialect, insert_unless_taken
from limen.storage.schema import subject_keys, tenant_keys


class SqlKeyStore:
    """Wrapped keys; every write is a transaction of its own and durable when it returns."""

    def __init__(self, dialect: Dialect) -> None:
        """Keep keys in the database of *dialect*."""
        self._dialect = dialect
        self._gate = asyncio.Lock() if dialect.name == "sqlite" else None

    async def get_tenant_keys(self, tenant_id: str) -> Sequence[WrappedTenantKey]:
        """Return all versions of the tenant's key, oldest first."""
        mine = select(tenant_keys).where(tenant_keys.c.tenant_id == tenant_id).order_by(tenant_keys.c.version)
        return [_tenant_key(row) for row in await self._fetch(mine)]

    async def put_tenant_key(self, key: WrappedTenantKey) -> bool:
        """Insert *key*; False, changing nothing, where its version exists."""
        return await self._put(tenant_keys, key)

    async def replace_tenant_key(self, old: WrappedTenantKey, new: WrappedTenantKey) -> bool:
        """Put *new* in place of *old* if the row still holds ``old.wrapped``."""
        statement = update(tenant_keys).where(
            tenant_keys.c.tenant_id == old.tenant_id,
            tenant_keys.c.version == old.version,
            tenant_keys.c.wrapped == old.wrapped,
        )
        async with self._writing() as connection:
            return (await connection.execute(statement.values(**_values(new)))).rowcount > 0

    async def tenant_keys_outside(self, root_key_id: str, limit: int) -> Sequence[WrappedTenantKey]:
        """Return at most *limit* tenant keys that are not under *root_key_id*."""
        statement = select(tenant_keys).where(tenant_keys.c.root_key_id != root_key_id).limit(limit)
        return [_tenant_key(row) for row in await self._fetch(statement)]

    async def get_subject_key(self, tenant_id: str, subject_id: str) -> WrappedSubjectKey | None:
        """Return the subject's key, or None."""
        statement = select(subject_keys).where(
            subject_keys.c.tenant_id == tenant_id, subject_keys.c.subject_id == subject_id
        )
        rows = await self._fetch(statement)
        return _subject_key(rows[0]) if rows else None

    async def put_subject_key(self, key: WrappedSubjectKey) -> bool:
        """Insert *key*; False, changing nothing, where the subject has one."""
        return await self._put(subject_keys, key)

    async def delete_subject_key(self, tenant_id: str, subject_id: str) -> bool:
        """Delete the row for good."""
        statement = delete(subject_keys).where(
            subject_keys.c.tenant_id == tenant_id, subject_keys.c.subject_id == subject_id
        )
        async with self._writing() as connection:
            deleted = (await connection.execute(statement)).rowcount > 0
        if deleted:
            await self._dialect.scrub()
        return deleted

    async def replace_subject_keys(self, changes: Sequence[tuple[WrappedSubjectKey, WrappedSubjectKey]]) -> int:
        """Replace, in one transaction, the rows that still hold what was read."""
        replaced = 0
        async with self._writing() as connection:
            for old, new in changes:
                statement = update(subject_keys).where(
                    subject_keys.c.tenant_id == old.tenant_id,
                    subject_keys.c.subject_id == old.subject_id,
                    subject_keys.c.wrapped == old.wrapped,
                )
                replaced += (await connection.execute(statement.values(**_values(new)))).rowcount
        return replaced

    async def subject_keys_in_epoch(
        self, epoch_id: int, after: SubjectCursor | None, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        """Return at most *limit* keys of an epoch, in order, beyond *after*."""
        return await self._page(after, limit, subject_keys.c.epoch_id == epoch_id)

    async def subject_keys_created(
        self, since: Instant, before: Instant, after: SubjectCursor | None, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        """Return at most *limit* keys made between two instants, in order, beyond *after*."""
        return await self._page(after, limit, subject_keys.c.created_at >= since, subject_keys.c.created_at < before)

    async def close(self) -> None:
        """Close every connection."""
        await self._dialect.engine.dispose()

    async def _page(self, after: SubjectCursor | None, limit: int, *conditions: Any) -> Sequence[WrappedSubjectKey]:
        statement = select(subject_keys).where(*conditions)
        if after is not None:
            place = tuple_(subject_keys.c.tenant_id, subject_keys.c.subject_id)
            statement = statement.where(place > tuple_(after.tenant_id, after.subject_id))
        ordered = statement.order_by(subject_keys.c.tenant_id, subject_keys.c.subject_id).limit(limit)
        return [_subject_key(row) for row in await self._fetch(ordered)]

    async def _put(self, table: Table, key: WrappedTenantKey | WrappedSubjectKey) -> bool:
        async with self._writing() as connection:
            statement = insert_unless_taken(connection, table).values(**_values(key))
            return (await connection.execute(statement)).rowcount > 0

    async def _fetch(self, statement: Any) -> Sequence[Row[Any]]:
        async with self._dialect.engine.connect() as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(statement)).all()
            return rows

    @asynccontextmanager
    async def _writing(self) -> AsyncGenerator[AsyncConnection, None]:
        async with self._gate or nullcontext(), self._dialect.engine.connect() as connection:
            await connection.execution_options(limen_write=True)
            yield connection
            await connection.commit()


def _values(key: WrappedTenantKey | WrappedSubjectKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in key.__slots__}


def _tenant_key(row: Row[Any]) -> WrappedTenantKey:
    return WrappedTenantKey(**row._mapping)  # noqa: SLF001 - the columns are the fields


def _subject_key(row: Row[Any]) -> WrappedSubjectKey:
    return WrappedSubjectKey(**row._mapping)  # noqa: SLF001 - the columns are the fields
