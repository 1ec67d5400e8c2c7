"""Reading a tenant's whole ledger in pages, for verification and for the doctor."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select

from limen.identity.audit.chain import AuditRecord, Head
from limen.identity.audit.checkpoints import Checkpoint
from limen.identity.audit.pruning import Pruning
from limen.kernel.clock import Instant
from limen.kernel.ids import SegmentId, TenantId
from limen.storage.database import Database
from limen.storage.schema.audit import OF_SOMEBODY, audit_checkpoints, audit_records, audit_segments

_PLACES_AT_ONCE: Final = 100
"""Pairs in one statement; SQLite bounds how many parameters there may be."""


class SqlLedger:
    """Implements :class:`limen.identity.audit.verify.LedgerReader`; each page is a transaction of its own."""

    def __init__(self, database: Database, tenant_id: TenantId) -> None:
        """Read the ledger of one tenant."""
        self._database = database
        self._tenant_id = tenant_id

    async def segments(self, after: str, limit: int) -> Sequence[SegmentId]:
        """Return up to *limit* opened segments behind *after*."""
        mine = select(audit_segments.c.id).where(
            audit_segments.c.tenant_id == self._tenant_id, audit_segments.c.id > after
        )
        return [SegmentId(row.id) for row in await self._all(mine.order_by(audit_segments.c.id).limit(limit))]

    async def records(self, segment_id: SegmentId, from_seq: int, limit: int) -> Sequence[AuditRecord]:
        """Return up to *limit* records of a segment from *from_seq* on."""
        mine = select(audit_records).where(
            audit_records.c.tenant_id == self._tenant_id,
            audit_records.c.segment_id == segment_id,
            audit_records.c.seq >= from_seq,
        )
        return [_record(row) for row in await self._all(mine.order_by(audit_records.c.seq).limit(limit))]

    async def strays(self) -> SegmentId | None:
        """Return a segment that has records and no row of its own."""
        opened = exists().where(
            audit_segments.c.tenant_id == audit_records.c.tenant_id, audit_segments.c.id == audit_records.c.segment_id
        )
        mine = select(audit_records.c.segment_id).where(audit_records.c.tenant_id == self._tenant_id, ~opened)
        rows = await self._all(mine.limit(1))
        return SegmentId(rows[0].segment_id) if rows else None

    async def checkpoints(self, after: int, limit: int) -> Sequence[Checkpoint]:
        """Return up to *limit* checkpoints behind the number *after*."""
        mine = select(audit_checkpoints).where(
            audit_checkpoints.c.tenant_id == self._tenant_id, audit_checkpoints.c.number > after
        )
        rows = await self._all(mine.order_by(audit_checkpoints.c.number).limit(limit))
        return [Checkpoint(**{**row._mapping, "tenant_id": TenantId(row.tenant_id)}) for row in rows]  # noqa: SLF001

    async def prunings(self, after: int, limit: int) -> Sequence[Pruning]:
        """Return up to *limit* prunings behind the number *after*."""
        async with self._database.read(self._tenant_id) as unit:
            return await unit.audit_log.prunings(after, limit)

    async def hashes(self, heads: Sequence[Head]) -> Sequence[bytes | None]:
        """Return the hash of the last record of each head, or None."""
        found: dict[tuple[str, int], bytes] = {}
        for start in range(0, len(heads), _PLACES_AT_ONCE):
            places = (_place(head) for head in heads[start : start + _PLACES_AT_ONCE])
            mine = select(audit_records.c.segment_id, audit_records.c.seq, audit_records.c.hash).where(
                audit_records.c.tenant_id == self._tenant_id, or_(*places)
            )
            found |= {(row.segment_id, row.seq): bytes(row.hash) for row in await self._all(mine)}
        return [found.get((head.segment_id, head.next_seq - 1)) for head in heads]

    async def latest(self, event: str, subject: str) -> Instant | None:
        """Return when *event* of *subject* was last recorded; not of codes and tokens, which nobody looks for so."""
        newest = select(func.max(audit_records.c.at)).where(
            audit_records.c.tenant_id == self._tenant_id,
            audit_records.c.subject == subject,
            audit_records.c.event == event,
            OF_SOMEBODY,
        )
        [row] = await self._all(newest)
        return None if row[0] is None else int(row[0])

    async def unsigned_since(self) -> Instant | None:
        """Return when the oldest record was written that no checkpoint covers; None where all are covered."""
        async with self._database.read(self._tenant_id) as unit:
            last = await unit.audit_log.last_checkpoint()
            heads = await unit.audit_log.heads()
        covered = {head.segment_id: head.next_seq for head in last.listed()} if last is not None else {}
        behind = [head for head in heads if head.next_seq > covered.get(head.segment_id, 0)]
        first = [await self.records(head.segment_id, covered.get(head.segment_id, 0), 1) for head in behind]
        return min((page[0].at for page in first if page), default=None)

    async def _all(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        async with self._database.read(self._tenant_id) as unit:
            rows: Sequence[Row[Any]] = (await unit.connection.execute(statement)).all()
            return rows


def _place(head: Head) -> ColumnElement[bool]:
    """Return that a record is the last before *head*. Of pairs in a list SQLite would read the log from end to end."""
    return and_(audit_records.c.segment_id == head.segment_id, audit_records.c.seq == head.next_seq - 1)


def _record(row: Row[Any]) -> AuditRecord:
    return AuditRecord(
        **{**row._mapping, "tenant_id": TenantId(row.tenant_id), "segment_id": SegmentId(row.segment_id)}  # noqa: SLF001
    )
