"""Reading the audit log, and its checkpoints."""

from typing import Any

from sqlalchemy import Row, bindparam, select, tuple_

from limen.identity.audit.chain import AuditRecord, Head
from limen.identity.audit.checkpoints import Checkpoint
from limen.identity.audit.store import Place
from limen.kernel.ids import SegmentId, TenantId
from limen.storage.schema import OF_SOMEBODY, audit_checkpoints, audit_records, audit_segments
from limen.storage.stores.base import TenantStoreBase, insert_new_mine, mine, select_mine

_LAST_CHECKPOINT = mine(
    select(audit_checkpoints).order_by(audit_checkpoints.c.number.desc()).limit(1), audit_checkpoints
)
_ADD_CHECKPOINT = insert_new_mine(audit_checkpoints)
_ENDS = (audit_records.c.seq, audit_records.c.hash)
# One look at the end of each segment, by scalar subqueries: as a join a planner may walk the whole log for it,
# and every record that comes while it does makes its way longer.
_last = (
    select(audit_records)
    .where(
        audit_records.c.tenant_id == audit_segments.c.tenant_id,
        audit_records.c.segment_id == audit_segments.c.id,
    )
    .order_by(audit_records.c.seq.desc())
    .limit(1)
    .correlate(audit_segments)
)
_seq, _digest = (_last.with_only_columns(column).scalar_subquery() for column in _ENDS)
_HEADS = mine(select(audit_segments.c.id, _seq.label("seq"), _digest.label("hash")), audit_segments)
_SEGMENT = mine(
    select(audit_records).where(audit_records.c.segment_id == bindparam("segment")).order_by(audit_records.c.seq),
    audit_records,
)
_HASH_AT = select_mine(
    audit_records, audit_records.c.segment_id == bindparam("segment"), audit_records.c.seq == bindparam("seq")
)
_PLACE = (audit_records.c.at, audit_records.c.segment_id, audit_records.c.seq)
_newest = (
    select(audit_records)
    .where(audit_records.c.subject == bindparam("subject"), OF_SOMEBODY)
    .order_by(*(column.desc() for column in _PLACE))
    .limit(bindparam("at_most"))
)
_FOR_SUBJECT = mine(_newest, audit_records)
_FOR_SUBJECT_BEFORE = mine(
    _newest.where(
        audit_records.c.at <= bindparam("before_at"),
        tuple_(*_PLACE) < tuple_(bindparam("before_at"), bindparam("before_segment"), bindparam("before_seq")),
    ),
    audit_records,
)


class SqlAudit(TenantStoreBase):
    """Implements :class:`limen.identity.audit.store.AuditStore`."""

    async def last_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint."""
        row = await self._one(_LAST_CHECKPOINT)
        return None if row is None else Checkpoint(**{**row._mapping, "tenant_id": TenantId(row.tenant_id)})  # noqa: SLF001

    async def heads(self) -> list[Head]:
        """Return the committed head of every segment."""
        return [
            Head(self._tenant_id, SegmentId(row.id), row.seq + 1, bytes(row.hash))
            for row in await self._all(_HEADS)
            if row.seq is not None
        ]

    async def add_checkpoint(self, checkpoint: Checkpoint) -> bool:
        """Store a signed checkpoint; False if its number is taken."""
        values = {name: getattr(checkpoint, name) for name in Checkpoint.__slots__ if name != "tenant_id"}
        return await self._applied(_ADD_CHECKPOINT, values)

    async def segment(self, segment_id: SegmentId) -> list[AuditRecord]:
        """Return a whole segment in order."""
        return [_record(row) for row in await self._all(_SEGMENT, segment=segment_id)]

    async def hash_at(self, segment_id: SegmentId, seq: int) -> bytes | None:
        """Return the hash of one record, or None."""
        row = await self._one(_HASH_AT, segment=segment_id, seq=seq)
        return None if row is None else bytes(row.hash)

    async def for_subject(self, subject: str, *, limit: int, before: Place | None = None) -> list[AuditRecord]:
        """Return the newest records that concern *subject*, those of tokens left out."""
        if before is None:
            rows = await self._all(_FOR_SUBJECT, subject=subject, at_most=limit)
        else:
            at, segment, seq = before
            where = {"before_at": at, "before_segment": segment, "before_seq": seq}
            rows = await self._all(_FOR_SUBJECT_BEFORE, subject=subject, at_most=limit, **where)
        return [_record(row) for row in rows]


def _record(row: Row[Any]) -> AuditRecord:
    return AuditRecord(
        **{**row._mapping, "tenant_id": TenantId(row.tenant_id), "segment_id": SegmentId(row.segment_id)}  # noqa: SLF001
    )
