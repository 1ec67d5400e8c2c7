"""Rotations that go as foreseen, in one call on PostgreSQL where a transaction of steps takes four.

An audit record is chained here, not in the database, and names the customer, whom only the family's row knows. But
what a family *is* never changes: whose it is, its scopes, the sign-in behind it. So it is read before the call, or
remembered from an earlier one, and the call carries both the rotations and the records that follow if all of them
apply. The function compares what was foreseen with the rows that it changes. If anything differs, be it a retry, a
reuse or an end, it does nothing at all, and the batch runs again step by step.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from limen.access.tokens.records import RotatedToken, RotationOutcome
from limen.identity.audit.chain import AuditRecord
from limen.kernel.ids import TenantId
from limen.storage.hot.steps import Batch, RecordStep, RotateStep, Told, rotated, told_of_rotation
from limen.storage.lanes import Extension, Lane

_FAMILIES = "SELECT * FROM limen_families($1, $2)"
_ROTATE_AND_APPEND = (
    "SELECT limen_rotate_and_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
)
_NOT_AS_FORESEEN: Final = "LM001"
_MOST: Final = 4_096
"""Families that are remembered, for all tenants; about a kilobyte each."""


@dataclass(frozen=True, slots=True)
class KnownFamily:
    """What never changes about a family, as it is stored and as an answer."""

    customer_id: str
    scopes: str
    authentication: str
    answer: RotatedToken


class KnownFamilies:
    """Families that were rotated lately, the oldest forgotten first. Whether one still stands, only its row says."""

    def __init__(self, most: int = _MOST) -> None:
        """Remember at most *most*."""
        self._known: dict[tuple[TenantId, str], KnownFamily] = {}
        self._most = most

    async def find(self, database: Any, tenant_id: TenantId, ids: Sequence[str]) -> list[KnownFamily] | None:
        """Return the families *ids*, read where they are not known; None if one does not exist."""
        missing = [one for one in ids if (tenant_id, one) not in self._known]
        read: dict[str, KnownFamily] = {}
        for row in await database.fetch(_FAMILIES, tenant_id, missing) if missing else ():
            answer = rotated(row, RotationOutcome.ROTATED)
            read[row["id"]] = KnownFamily(row["customer_id"], row["scopes"], row["authentication"], answer)
        found = [read.get(one) or self._known.get((tenant_id, one)) for one in ids]
        for one, family in read.items():
            self._keep((tenant_id, one), family)
        whole = [family for family in found if family is not None]
        return whole if len(whole) == len(found) else None

    def forget(self, tenant_id: TenantId, ids: Iterable[str]) -> None:
        """Forget *ids*: the next batch that has one of them asks again."""
        for one in ids:
            self._known.pop((tenant_id, one), None)

    def _keep(self, key: tuple[TenantId, str], family: KnownFamily) -> None:
        if len(self._known) >= self._most:
            del self._known[next(iter(self._known))]
        self._known[key] = family


def columns_of(records: Sequence[AuditRecord]) -> tuple[list[str], list[str], list[bytes], list[bytes]]:
    """Return what ``limen_append`` takes of each record: event, subject, open part and hash."""
    return (
        [r.event for r in records], [r.subject for r in records], [r.open_part for r in records],
        [r.hash for r in records],
    )  # fmt: skip


async def rotate_at_once(
    database: Any, lane: Lane, families: KnownFamilies, steps: Sequence[RecordStep | RotateStep], batch: Batch
) -> Extension | None:
    """Run a batch of rotations and records of one tenant, whose segment is open, in a call that is its transaction.

    Returns:
        what the lane is to note once this has returned; None if nothing was done and the batch must run step by step.
    """
    tenant_id = steps[0].tenant_id
    asks = sorted((step.ask for step in steps if isinstance(step, RotateStep)), key=lambda ask: ask.family_id)
    ids = [ask.family_id for ask in asks]
    if not lane.knows(tenant_id) or len(set(ids)) < len(ids):  # a second rotation of a family may be a reuse
        return None
    known = await families.find(database, tenant_id, ids)
    if known is None:
        return None
    by_id = dict(zip(ids, known, strict=True))
    done = [_foreseen(step, by_id) for step in steps]
    extension = lane.extend(tenant_id, [(entry, None) for _, told in done for entry in told.entries], None)
    try:
        await database.fetchval(
            _ROTATE_AND_APPEND, tenant_id, extension.at,
            ids, [a.client for a in asks], [a.presented_hash for a in asks], [a.successor_hash for a in asks],
            [a.idle_until for a in asks], [a.confirmation for a in asks], [f.customer_id for f in known],
            [f.scopes for f in known], [f.authentication for f in known],
            extension.head.segment_id, extension.records[0].seq, *columns_of(extension.records),
        )  # fmt: skip
    except asyncpg.PostgresError as error:
        if error.sqlstate != _NOT_AS_FORESEEN:
            raise
        families.forget(tenant_id, ids)
        return None
    for position, (result, told) in enumerate(done):
        batch.settle(position, tenant_id, result, told)
    return extension


def _foreseen(step: RecordStep | RotateStep, families: dict[Any, KnownFamily]) -> tuple[RotatedToken | None, Told]:
    """Return the result of *step* if it goes as foreseen, and what is then told."""
    if isinstance(step, RecordStep):
        return None, Told((step.entry,))
    answer = families[step.ask.family_id].answer
    return answer, told_of_rotation(step.ask, answer)
