"""Reading the audit log, and its checkpoints."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, literal, select, tuple_

from limen.identity.audit.chain import AuditRecord, Head
from limen.identity.audit.checkpoints import Checkpoint, digest
from limen.identity.audit.pruning import Floor, Pruning
from limen.identity.audit.store import FREQUENT, Place, Sought, Stretch
from limen.kernel.clock import Instant
from limen.kernel.ids import SegmentId, TenantId
from limen.storage.schema.audit import (
    EVERYDAY,
    OF_SOMEBODY,
    audit_checkpoints,
    audit_prunings,
    audit_records,
    audit_segments,
)
from limen.storage.stores.base import TenantStoreBase, insert_new_mine, mine, select_mine

_LAST_CHECKPOINT = mine(
    select(audit_checkpoints).order_by(audit_checkpoints.c.number.desc()).limit(1), audit_checkpoints
)
_ADD_CHECKPOINT = insert_new_mine(audit_checkpoints)
_PRUNINGS = mine(
    select(audit_prunings)
    .where(audit_prunings.c.number > bindparam("behind"))
    .order_by(audit_prunings.c.number)
    .limit(bindparam("at_most")),
    audit_prunings,
)
_LAST_PRUNING = mine(select(audit_prunings).order_by(audit_prunings.c.number.desc()).limit(1), audit_prunings)
_ADD_PRUNING = insert_new_mine(audit_prunings)
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
_HEADS = mine(
    select(audit_segments.c.id, _seq.label("seq"), _digest.label("hash")).order_by(audit_segments.c.id), audit_segments
)
_SEGMENT = mine(
    select(audit_records).where(audit_records.c.segment_id == bindparam("segment")).order_by(audit_records.c.seq),
    audit_records,
)
_in_order = (
    select(audit_records.c.seq, audit_records.c.at)
    .where(audit_records.c.segment_id == bindparam("segment"))
    .order_by(audit_records.c.seq)
    .limit(1)
)
_FIRST = mine(_in_order, audit_records)
_FIRST_SINCE = mine(_in_order.where(audit_records.c.at >= bindparam("since")), audit_records)
_HASH_AT = select_mine(
    audit_records, audit_records.c.segment_id == bindparam("segment"), audit_records.c.seq == bindparam("seq")
)
_STRETCH: Final = 10_000
"""So many records are looked through for an event at once: what it takes is 25 ms of SQLite on the event loop."""
_NEVER: Final[Instant] = 2**63 - 1
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
        """Return the committed head of every segment, the oldest first."""
        return [
            Head(self._tenant_id, SegmentId(row.id), row.seq + 1, bytes(row.hash))
            for row in await self._all(_HEADS)
            if row.seq is not None
        ]

    async def add_checkpoint(self, checkpoint: Checkpoint) -> bool:
        """Store a signed checkpoint; False if its number is taken."""
        values = {name: getattr(checkpoint, name) for name in Checkpoint.__slots__ if name != "tenant_id"}
        return await self._applied(_ADD_CHECKPOINT, values)

    async def prunings(self, after: int, limit: int) -> list[Pruning]:
        """Return up to *limit* prunings behind the number *after*, in order."""
        return [_pruning(row) for row in await self._all(_PRUNINGS, behind=after, at_most=limit)]

    async def last_pruning(self) -> Pruning | None:
        """Return the newest pruning."""
        row = await self._one(_LAST_PRUNING)
        return None if row is None else _pruning(row)

    async def add_pruning(self, pruning: Pruning) -> bool:
        """Store a signed pruning; False if its number is taken."""
        values = {name: getattr(pruning, name) for name in Pruning.__slots__ if name != "tenant_id"}
        return await self._applied(_ADD_PRUNING, values)

    async def older(self, before: Instant) -> list[Head]:
        """Return the head behind the records from before an instant, of each segment that begins with such.

        A segment is walked from its beginning as far as it is older, which is as much as is then taken from it.
        """
        found: list[Head] = []
        for head in await self.heads():
            first = await self._one(_FIRST, segment=head.segment_id)
            if first is None or first.at >= before:
                continue
            kept = await self._one(_FIRST_SINCE, segment=head.segment_id, since=before)
            if kept is None:
                found.append(head)
            elif (hashed := await self.hash_at(head.segment_id, kept.seq - 1)) is not None:
                found.append(Head(self._tenant_id, head.segment_id, kept.seq, hashed))
        return found

    async def floor(self, before: Instant) -> Floor:
        """Return the last checkpoint but the newest from before an instant."""
        columns = audit_checkpoints.c
        newest = select(func.max(columns.number)).where(columns.tenant_id == self._tenant_id).scalar_subquery()
        old = self._select(audit_checkpoints, columns.at < before, columns.number < newest)
        rows = await self._found(old.order_by(columns.number.desc()).limit(1))
        if not rows:
            return Floor()
        [row] = rows
        return Floor(row.number, digest(Checkpoint(**{**row._mapping, "tenant_id": TenantId(row.tenant_id)})))  # noqa: SLF001

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

    async def search(self, sought: Sought, *, limit: int, before: Place | None = None) -> Stretch:
        """Return up to *limit* of the newest records that are *sought*, and stand *before* a place."""
        among = [*_conditions(sought), *(_standing_before(before) if before else ())]
        order = [column.desc() for column in _PLACE]
        end: Place | None = None
        if sought.events:
            if sought.events & FREQUENT:
                among.append(audit_records.c.segment_id.in_(self._segments(sought)))
            else:  # where ten thousand of all events end, which the index knows without the records
                last = self._select(audit_records, *among).with_only_columns(*_PLACE).order_by(*order)
                rows = await self._found(last.offset(_STRETCH - 1).limit(1))
                if rows:
                    end = tuple(rows[0])
                    among += _standing_from(end)
            among.append(audit_records.c.event.in_(sorted(sought.events)))
        found = await self._found(self._select(audit_records, *among).order_by(*order).limit(limit))
        records = [_record(row) for row in found]
        if len(records) == limit:
            end = (records[-1].at, records[-1].segment_id, records[-1].seq)
        return Stretch(records, end)

    def _segments(self, sought: Sought) -> Select[Any]:
        """Return the segments that were open between two instants: what else leads to codes and tokens?

        Within a segment time never goes back (:mod:`limen.storage.lanes`).
        """
        opened = select(audit_segments.c.id).where(audit_segments.c.tenant_id == self._tenant_id)
        until = sought.until or _NEVER
        last = _last.with_only_columns(audit_records.c.at).scalar_subquery()
        return opened.where(audit_segments.c.opened_at < until, last >= sought.since)


def _conditions(sought: Sought) -> Iterator[Any]:
    """Yield what the records meet but their events; in the words of the indexes where one leads to them."""
    of, columns = sought, audit_records.c
    if not of.events & FREQUENT:
        yield OF_SOMEBODY if of.subject else EVERYDAY
    if of.subject:
        yield columns.subject == of.subject
    if of.since:
        yield columns.at >= of.since
    if of.until:
        yield columns.at < of.until


def _standing_before(place: Place) -> Iterator[ColumnElement[bool]]:
    yield audit_records.c.at <= place[0]
    yield tuple_(*_PLACE) < tuple_(*(literal(part) for part in place))


def _standing_from(place: Place) -> Iterator[ColumnElement[bool]]:
    yield audit_records.c.at >= place[0]
    yield tuple_(*_PLACE) >= tuple_(*(literal(part) for part in place))


def _record(row: Row[Any]) -> AuditRecord:
    return AuditRecord(
        **{**row._mapping, "tenant_id": TenantId(row.tenant_id), "segment_id": SegmentId(row.segment_id)}  # noqa: SLF001
    )


def _pruning(row: Row[Any]) -> Pruning:
    return Pruning(**{**row._mapping, "tenant_id": TenantId(row.tenant_id)})  # noqa: SLF001
