"""Purposes and their versions; a version is written once."""

from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, select

from limen.identity.consents.purposes import Channel, Kind, Purpose, Terms, Version
from limen.kernel.clock import Instant
from limen.kernel.ids import PurposeId
from limen.storage.schema.consents import purpose_versions, purposes
from limen.storage.stores.base import TenantStoreBase, insert_mine, insert_new_mine, mine, select_mine, update_mine

_terms = msgspec.json.Decoder(Terms)
_this = purposes.c.id == bindparam("of")
_with_version = (
    select(purposes, purpose_versions.c.terms, purpose_versions.c.published_at)
    .join(
        purpose_versions,
        (purpose_versions.c.tenant_id == purposes.c.tenant_id)
        & (purpose_versions.c.purpose_id == purposes.c.id)
        & (purpose_versions.c.number == purposes.c.current),
    )
    .order_by(purposes.c.id)
)
_EVERY = mine(_with_version, purposes)
_GET = mine(_with_version.where(_this), purposes)
_ADD = insert_new_mine(purposes)
_VERSIONS = mine(
    select(purpose_versions)
    .where(purpose_versions.c.purpose_id == bindparam("of"))
    .order_by(purpose_versions.c.number),
    purpose_versions,
)
_VERSION = select_mine(
    purpose_versions,
    purpose_versions.c.purpose_id == bindparam("of"),
    purpose_versions.c.number == bindparam("numbered"),
)
_ADD_VERSION = insert_mine(purpose_versions)
_PUBLISH = update_mine(
    purposes,
    _this,
    purposes.c.current == bindparam("expected"),
    purposes.c.retired_at.is_(None),
    sets=("current", "counts_from"),
)
_RETIRE = update_mine(purposes, _this, purposes.c.retired_at.is_(None), sets=("retired_at",))


class SqlPurposes(TenantStoreBase):
    """Implements :class:`limen.identity.consents.store.PurposeStore`."""

    async def all(self) -> list[Purpose]:
        """Return every purpose, oldest first."""
        return [_purpose(row) for row in await self._all(_EVERY)]

    async def get(self, purpose_id: PurposeId) -> Purpose | None:
        """Return one purpose."""
        row = await self._one(_GET, of=purpose_id)
        return None if row is None else _purpose(row)

    async def versions(self, purpose_id: PurposeId) -> list[Version]:
        """Return every version of a purpose, oldest first."""
        rows = await self._all(_VERSIONS, of=purpose_id)
        return [Version(row.number, _terms.decode(row.terms), row.published_at) for row in rows]

    async def version(self, purpose_id: PurposeId, number: int) -> Version | None:
        """Return one version."""
        row = await self._one(_VERSION, of=purpose_id, numbered=number)
        return None if row is None else Version(row.number, _terms.decode(row.terms), row.published_at)

    async def add(self, purpose: Purpose) -> bool:
        """Store a purpose and its first version; False if its name is taken."""
        values = {
            "id": purpose.id,
            "name": purpose.name,
            "kind": purpose.kind.value,
            "channel": purpose.channel.value,
            "party": purpose.party,
            "current": purpose.current.number,
            "counts_from": purpose.counts_from,
            "created_at": purpose.created_at,
            "retired_at": purpose.retired_at,
        }
        if not await self._applied(_ADD, values):
            return False
        await self._add_version(purpose)
        return True

    async def publish(self, purpose: Purpose, expected: int) -> bool:
        """Add the current version of *purpose* if the stored one is still *expected*."""
        values = {"current": purpose.current.number, "counts_from": purpose.counts_from}
        if not await self._applied(_PUBLISH, values, of=purpose.id, expected=expected):
            return False
        await self._add_version(purpose)
        return True

    async def retire(self, purpose_id: PurposeId, at: Instant) -> bool:
        """Retire a purpose; False if it is retired already, or not there."""
        return await self._applied(_RETIRE, of=purpose_id, retired_at=at)

    async def _add_version(self, purpose: Purpose) -> None:
        version = purpose.current
        await self._run(
            _ADD_VERSION,
            purpose_id=purpose.id,
            number=version.number,
            terms=msgspec.json.encode(version.terms).decode(),
            published_at=version.published_at,
        )


def _purpose(row: Row[Any]) -> Purpose:
    return Purpose(
        id=PurposeId(row.id),
        name=row.name,
        kind=Kind(row.kind),
        channel=Channel(row.channel),
        party=row.party,
        current=Version(row.current, _terms.decode(row.terms), row.published_at),
        counts_from=row.counts_from,
        created_at=row.created_at,
        retired_at=row.retired_at,
    )
