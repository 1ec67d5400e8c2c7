"""How far customers have been asked for what their profiles lack, versions of the schema, and what does not fit it."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, distinct, func, select, update

from limen.identity.profiles.records import Fault, Progress, SchemaVersion
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema.customers import profile_faults, profile_progress, profile_schemas
from limen.storage.stores.base import (
    TenantStoreBase,
    columns,
    delete_mine,
    insert_mine,
    insert_new_mine,
    mine,
    of_tenant,
    select_mine,
    update_mine,
)

_theirs = profile_progress.c.customer_id == bindparam("of")
_GET = select_mine(profile_progress, _theirs)
_BEGIN = insert_new_mine(profile_progress)
_COUNT = mine(
    update(profile_progress).where(_theirs).values(sign_ins=profile_progress.c.sign_ins + 1), profile_progress
)
_SKIP = update_mine(profile_progress, _theirs, sets=("skipped_at",))

_VERSIONS = mine(select(profile_schemas).order_by(profile_schemas.c.number.desc()), profile_schemas)
_NEWEST = mine(select(profile_schemas).order_by(profile_schemas.c.number.desc()).limit(1), profile_schemas)
_ADD_VERSION = insert_new_mine(profile_schemas)
_WALKED = update_mine(
    profile_schemas,
    profile_schemas.c.number == bindparam("of"),
    profile_schemas.c.walked_to == bindparam("expected"),
    sets=columns(profile_schemas, ("tenant_id", "number")),
)
_MENDED = delete_mine(
    profile_faults,
    profile_faults.c.customer_id > bindparam("after"),
    profile_faults.c.customer_id <= bindparam("until"),
)
_ADD_FAULT = insert_mine(profile_faults)
_whose = (
    select(profile_faults.c.customer_id)
    .distinct()
    .where(of_tenant(profile_faults), profile_faults.c.customer_id > bindparam("after"))
    .order_by(profile_faults.c.customer_id)
    .limit(bindparam("at_most"))
)
_FAULTS = mine(
    select(profile_faults)
    .where(profile_faults.c.customer_id.in_(_whose))
    .order_by(profile_faults.c.customer_id, profile_faults.c.attribute),
    profile_faults,
)
_FAULTY = mine(select(func.count(distinct(profile_faults.c.customer_id))), profile_faults)


class SqlProfiles(TenantStoreBase):
    """Implements :class:`limen.identity.profiles.store.ProfileStore`."""

    async def progress(self, customer_id: CustomerId) -> Progress:
        """Return how far a customer has been asked."""
        row = await self._one(_GET, of=customer_id)
        return Progress(row.sign_ins, row.skipped_at) if row is not None else Progress()

    async def count_sign_in(self, customer_id: CustomerId) -> None:
        """Count one sign-in."""
        await self._begin(customer_id)
        await self._run(_COUNT, of=customer_id)

    async def skipped(self, customer_id: CustomerId, now: Instant) -> None:
        """Keep when a question was skipped."""
        await self._begin(customer_id)
        await self._run(_SKIP, of=customer_id, skipped_at=now)

    async def _begin(self, customer_id: CustomerId) -> None:
        await self._run(_BEGIN, customer_id=customer_id, sign_ins=0, skipped_at=0)

    async def schema_version(self) -> SchemaVersion | None:
        """Return the newest version of the schema."""
        row = await self._one(_NEWEST)
        return None if row is None else _version(row)

    async def schema_versions(self) -> Sequence[SchemaVersion]:
        """Return every version, the newest first."""
        return [_version(row) for row in await self._all(_VERSIONS)]

    async def add_version(self, version: SchemaVersion) -> bool:
        """Store a new version; False if its number is taken."""
        return await self._applied(_ADD_VERSION, _values(version))

    async def walked(self, version: SchemaVersion, *, walked_to: str) -> bool:
        """Keep how far a version has come from *walked_to*; False where somebody else went on meanwhile."""
        values = _values(version)
        return await self._applied(_WALKED, values, of=values.pop("number"), expected=walked_to)

    async def forget_faults(self, *, after: str, until: str) -> None:
        """Forget what did not fit of the customers behind *after*, up to *until*."""
        await self._run(_MENDED, after=after, until=until)

    async def add_fault(self, fault: Fault) -> None:
        """Keep what does not fit."""
        await self._run(_ADD_FAULT, {name: getattr(fault, name) for name in Fault.__slots__})

    async def faults(self, *, after: str, limit: int) -> Sequence[Fault]:
        """Return what does not fit of up to *limit* customers behind *after*."""
        rows = await self._all(_FAULTS, after=after, at_most=limit)
        return [Fault(CustomerId(row.customer_id), row.attribute, row.code, row.number) for row in rows]

    async def faulty(self) -> int:
        """Return how many customers have values that do not fit."""
        return int((await self._one(_FAULTY))[0])


def _version(row: Row[Any]) -> SchemaVersion:
    values = {name: getattr(row, name) for name in SchemaVersion.__slots__}
    return SchemaVersion(**(values | {"attributes": msgspec.json.decode(row.attributes)}))


def _values(version: SchemaVersion) -> dict[str, Any]:
    values = {name: getattr(version, name) for name in SchemaVersion.__slots__}
    return values | {"attributes": msgspec.json.encode(version.attributes).decode()}
