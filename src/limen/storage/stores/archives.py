"""Copies of what is held of a customer, sealed."""

from typing import Any

from sqlalchemy import bindparam, select

from limen.access.account.archive import Archive
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema.rights import archives
from limen.storage.stores.base import (
    TenantStoreBase,
    delete_mine,
    insert_new_mine,
    mine,
    select_mine,
    update_mine,
)

_theirs = archives.c.customer_id == bindparam("of")
_lasts = archives.c.expires_at > bindparam("now")
_light = [column for column in archives.c if column.name not in {"tenant_id", "sealed"}]
_FIND = mine(select(*_light).where(_theirs, _lasts), archives)
_CONTENT = select_mine(archives, _theirs, _lasts)
_DROP_EXPIRED = delete_mine(archives, _theirs, archives.c.expires_at <= bindparam("now"))
_ASK = insert_new_mine(archives)
_FINISH = update_mine(
    archives,
    _theirs,
    archives.c.asked_at == bindparam("asked"),
    archives.c.ready_at.is_(None),
    sets=("sealed", "ready_at"),
)


class SqlArchives(TenantStoreBase):
    """Implements :class:`limen.access.account.archive.ArchiveStore`."""

    async def find(self, customer_id: CustomerId, now: Instant) -> Archive | None:
        """Return a customer's copy that has not expired, without its content."""
        return _archive(await self._one(_FIND, of=customer_id, now=now))

    async def content(self, customer_id: CustomerId, now: Instant) -> Archive | None:
        """Return a customer's copy that has not expired."""
        return _archive(await self._one(_CONTENT, of=customer_id, now=now))

    async def ask(self, archive: Archive, now: Instant) -> bool:
        """Store what was asked for, in place of an expired one; False if there is one."""
        await self._run(_DROP_EXPIRED, of=archive.customer_id, now=now)
        return await self._applied(_ASK, {name: getattr(archive, name) for name in Archive.__slots__})

    async def finish(self, archive: Archive) -> bool:
        """Store the content of a copy that was asked for; False if it is not waited for any more."""
        values = {"sealed": archive.sealed, "ready_at": archive.ready_at}
        return await self._applied(_FINISH, values, of=archive.customer_id, asked=archive.asked_at)


def _archive(row: Any) -> Archive | None:
    if row is None:
        return None
    sealed = bytes(getattr(row, "sealed", b""))
    return Archive(CustomerId(row.customer_id), row.locale, row.asked_at, row.expires_at, row.ready_at, sealed)
