"""The key store: its own database, implements :class:`limen.identity.keyring.store.KeyStore`."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update

from limen.identity.keyring.store import SubjectCursor, WrappedSubjectKey, WrappedTenantKey
from limen.kernel.clock import Instant
from limen.storage.dialects import Dialect
from limen.storage.schema.keystore import subject_keys, tenant_keys
from limen.storage.statements import Connection, InsertNew, Statement

_TENANT_FIELDS, _SUBJECT_FIELDS = WrappedTenantKey.__slots__, WrappedSubjectKey.__struct_fields__
_of_tenant = tenant_keys.c.tenant_id == bindparam("tenant")
_of_subject = (
    subject_keys.c.tenant_id == bindparam("tenant"),
    subject_keys.c.subject_id == bindparam("subject"),
)
_TENANT_KEYS = Statement(select(tenant_keys).where(_of_tenant).order_by(tenant_keys.c.version))
_OUTSIDE = Statement(
    select(tenant_keys).where(tenant_keys.c.root_key_id != bindparam("root")).limit(bindparam("at_most"))
)
_PUT_TENANT_KEY = InsertNew(tenant_keys, sets=_TENANT_FIELDS)
_REPLACE_TENANT_KEY = Statement(
    update(tenant_keys).where(
        _of_tenant, tenant_keys.c.version == bindparam("of"), tenant_keys.c.wrapped == bindparam("held")
    ),
    sets=("wrapped", "root_key_id", "created_at"),
)
_SUBJECT_KEY = Statement(select(subject_keys).where(*_of_subject))
_PUT_SUBJECT_KEY = InsertNew(subject_keys, sets=_SUBJECT_FIELDS)
_NEW_SUBJECT_KEYS = Statement(insert(subject_keys), sets=_SUBJECT_FIELDS)
_DELETE_SUBJECT_KEY = Statement(delete(subject_keys).where(*_of_subject))
_REPLACE_SUBJECT_KEY = Statement(
    update(subject_keys).where(*_of_subject, subject_keys.c.wrapped == bindparam("held")),
    sets=("version", "wrapped", "epoch_id", "created_at"),
)
_place = tuple_(subject_keys.c.tenant_id, subject_keys.c.subject_id)
_beyond = _place > tuple_(bindparam("after_tenant"), bindparam("after_subject"))
_page = select(subject_keys).where(_beyond).order_by(*_place.clauses).limit(bindparam("at_most"))
_IN_EPOCH = Statement(_page.where(subject_keys.c.epoch_id == bindparam("epoch")))
_CREATED = Statement(
    _page.where(subject_keys.c.created_at >= bindparam("since"), subject_keys.c.created_at < bindparam("before"))
)
_made_before = (subject_keys.c.tenant_id == bindparam("tenant"), subject_keys.c.created_at < bindparam("before"))
_COUNT = Statement(select(func.count().label("count")).select_from(subject_keys).where(*_made_before))
_OF_TENANT = Statement(
    select(subject_keys)
    .where(*_made_before, subject_keys.c.subject_id > bindparam("after"))
    .order_by(subject_keys.c.subject_id)
    .limit(bindparam("at_most"))
)
_COUNT_TENANT_KEYS = Statement(select(func.count().label("count")).select_from(tenant_keys))
_BEGINNING = SubjectCursor("", "")


class SqlKeyStore:
    """Wrapped keys; every write is a transaction of its own and durable when it returns."""

    def __init__(self, dialect: Dialect) -> None:
        """Keep keys in the database of *dialect*."""
        self._dialect = dialect
        self._gate = asyncio.Lock() if dialect.name == "sqlite" else None

    async def get_tenant_keys(self, tenant_id: str) -> Sequence[WrappedTenantKey]:
        """Return all versions of the tenant's key, oldest first."""
        return [WrappedTenantKey(*row) for row in await self._fetch(_TENANT_KEYS, tenant=tenant_id)]

    async def put_tenant_key(self, key: WrappedTenantKey) -> bool:
        """Insert *key*; False, changing nothing, where its version exists."""
        async with self._writing() as connection:
            return await connection.change(_PUT_TENANT_KEY, _values(key)) > 0

    async def replace_tenant_key(self, old: WrappedTenantKey, new: WrappedTenantKey) -> bool:
        """Put *new* in place of *old* if the row still holds ``old.wrapped``."""
        held = {"tenant": old.tenant_id, "of": old.version, "held": old.wrapped}
        changed = {"wrapped": new.wrapped, "root_key_id": new.root_key_id, "created_at": new.created_at}
        async with self._writing() as connection:
            return await connection.change(_REPLACE_TENANT_KEY, {**held, **changed}) > 0

    async def tenant_keys_outside(self, root_key_id: str, limit: int) -> Sequence[WrappedTenantKey]:
        """Return at most *limit* tenant keys that are not under *root_key_id*."""
        return [WrappedTenantKey(*row) for row in await self._fetch(_OUTSIDE, root=root_key_id, at_most=limit)]

    async def get_subject_key(self, tenant_id: str, subject_id: str) -> WrappedSubjectKey | None:
        """Return the subject's key, or None."""
        rows = await self._fetch(_SUBJECT_KEY, tenant=tenant_id, subject=subject_id)
        return WrappedSubjectKey(*rows[0]) if rows else None

    async def put_subject_key(self, key: WrappedSubjectKey) -> bool:
        """Insert *key*; False, changing nothing, where the subject has one."""
        async with self._writing() as connection:
            return await connection.change(_PUT_SUBJECT_KEY, asdict(key)) > 0

    async def put_new_subject_keys(self, keys: Sequence[WrappedSubjectKey]) -> None:
        """Insert *keys* of subjects that nobody knows yet, in one transaction; fail where one of them exists."""
        async with self._writing() as connection:
            await connection.insert_rows(_NEW_SUBJECT_KEYS, [asdict(key) for key in keys])

    async def delete_subject_keys(self, tenant_id: str, subject_ids: Collection[str]) -> int:
        """Delete the rows for good, in one transaction."""
        deleted = 0
        async with self._writing() as connection:
            for subject_id in subject_ids:
                values = {"tenant": tenant_id, "subject": subject_id}
                deleted += await connection.change(_DELETE_SUBJECT_KEY, values)
        if deleted:
            await self._dialect.scrub()
        return deleted

    async def replace_subject_keys(self, changes: Sequence[tuple[WrappedSubjectKey, WrappedSubjectKey]]) -> int:
        """Replace, in one transaction, the rows that still hold what was read."""
        replaced = 0
        async with self._writing() as connection:
            for old, new in changes:
                held = {"tenant": old.tenant_id, "subject": old.subject_id, "held": old.wrapped}
                changed = {name: getattr(new, name) for name in ("version", "wrapped", "epoch_id", "created_at")}
                replaced += await connection.change(_REPLACE_SUBJECT_KEY, {**held, **changed})
        return replaced

    async def subject_keys_in_epoch(
        self, epoch_id: int, after: SubjectCursor | None, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        """Return at most *limit* keys of an epoch, in order, beyond *after*."""
        return await self._listed(_IN_EPOCH, after, limit, epoch=epoch_id)

    async def subject_keys_created(
        self, since: Instant, before: Instant, after: SubjectCursor | None, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        """Return at most *limit* keys made between two instants, in order, beyond *after*."""
        return await self._listed(_CREATED, after, limit, since=since, before=before)

    async def count_subject_keys(self, tenant_id: str, before: Instant) -> int:
        """Return how many keys of a tenant were made before an instant."""
        return int((await self._fetch(_COUNT, tenant=tenant_id, before=before))[0][0])

    async def tenants_subject_keys(
        self, tenant_id: str, before: Instant, after: str, limit: int
    ) -> Sequence[WrappedSubjectKey]:
        """Return at most *limit* keys of a tenant made before an instant, in order, beyond the subject *after*."""
        rows = await self._fetch(_OF_TENANT, tenant=tenant_id, before=before, after=after, at_most=limit)
        return [WrappedSubjectKey(*row) for row in rows]

    async def count_tenant_keys(self) -> int:
        """Return how many versions of tenants' keys there are."""
        return int((await self._fetch(_COUNT_TENANT_KEYS))[0][0])

    @property
    def is_whole(self) -> bool:
        """Tell whether the disk has taken everything so far."""
        return self._dialect.is_whole

    async def close(self) -> None:
        """Close every connection."""
        await self._dialect.close()

    async def _listed(
        self, statement: Statement, after: SubjectCursor | None, limit: int, **values: Any
    ) -> Sequence[WrappedSubjectKey]:
        place = after or _BEGINNING
        values |= {"after_tenant": place.tenant_id, "after_subject": place.subject_id, "at_most": limit}
        return [WrappedSubjectKey(*row) for row in await self._fetch(statement, **values)]

    async def _fetch(self, statement: Statement, **values: Any) -> list[Any]:
        """Return what is found once it is durable: whoever reads a key may seal with it at once."""
        return await self._dialect.look(statement, values)

    @asynccontextmanager
    async def _writing(self) -> AsyncGenerator[Connection, None]:
        async with self._gate or nullcontext(), self._dialect.transaction(None, write=True) as connection:
            yield connection
            is_durable = await connection.commit_first()
        if not is_durable:
            await self._dialect.flushed()


def _values(key: WrappedTenantKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in _TENANT_FIELDS}
