"""Where audit records are streamed to, and how far each destination has got."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, select

from limen.identity.audit.chain import AuditRecord
from limen.identity.audit.destinations import DeadLetter, Destination, DestinationDocument
from limen.kernel.ids import SegmentId, TenantId
from limen.storage.schema.audit import audit_cursors, audit_dead_letters, audit_destinations, audit_records
from limen.storage.stores.base import (
    TenantStoreBase,
    delete_mine,
    insert_new_mine,
    mine,
    select_mine,
    update_mine,
)

_FARES: Final = ("failures", "error", "retry_at", "delivered_at", "failing_since")
_of = audit_destinations.c.id == bindparam("of")
_GET = select_mine(audit_destinations, _of)
_FIND = select_mine(audit_destinations, audit_destinations.c.label == bindparam("called"))
_LIST = mine(
    select(audit_destinations)
    .where(audit_destinations.c.id > bindparam("after"))
    .order_by(audit_destinations.c.id)
    .limit(bindparam("most")),
    audit_destinations,
)
_ADD = insert_new_mine(audit_destinations)
_UPDATE = update_mine(
    audit_destinations,
    _of,
    audit_destinations.c.version == bindparam("expected"),
    sets=("document", "sealed_secret", "updated_at", "version"),
)
_FARED = update_mine(audit_destinations, _of, sets=_FARES)
_DELETE = delete_mine(audit_destinations, _of)

_CURSORS = select_mine(audit_cursors, audit_cursors.c.destination_id == bindparam("of"))
_BEGIN = insert_new_mine(audit_cursors)
_ADVANCE = update_mine(
    audit_cursors,
    audit_cursors.c.destination_id == bindparam("of"),
    audit_cursors.c.segment_id == bindparam("segment"),
    audit_cursors.c.next_seq < bindparam("upto"),
    sets=("next_seq",),
)
_BURY = insert_new_mine(audit_dead_letters)
_DEAD = mine(
    select(audit_dead_letters)
    .where(audit_dead_letters.c.destination_id == bindparam("of"))
    .order_by(audit_dead_letters.c.at.desc(), audit_dead_letters.c.segment_id, audit_dead_letters.c.seq.desc())
    .limit(bindparam("most")),
    audit_dead_letters,
)
_RECORDS = mine(
    select(audit_records)
    .where(audit_records.c.segment_id == bindparam("segment"), audit_records.c.seq >= bindparam("first"))
    .order_by(audit_records.c.seq)
    .limit(bindparam("most")),
    audit_records,
)
_document = msgspec.json.Decoder(DestinationDocument)


class SqlDestinations(TenantStoreBase):
    """Implements :class:`limen.integration.streaming.store.DestinationStore`."""

    async def get(self, id: str) -> Destination | None:  # noqa: A002 - the record's own name
        """Return one destination."""
        return _destination(await self._one(_GET, of=id))

    async def find(self, label: str) -> Destination | None:
        """Return the destination of this name."""
        return _destination(await self._one(_FIND, called=label))

    async def list(self, *, after: str, limit: int) -> "list[Destination]":
        """Return up to *limit* destinations behind *after*."""
        rows = await self._all(_LIST, after=after, most=limit)
        return [found for row in rows if (found := _destination(row)) is not None]

    async def add(self, destination: Destination) -> bool:
        """Store a destination; False if its name is taken."""
        values = {
            "id": destination.id,
            "label": destination.document.label,
            "document": msgspec.json.encode(destination.document).decode(),
            "sealed_secret": destination.sealed_secret,
            "created_at": destination.created_at,
            "updated_at": destination.updated_at,
            "version": destination.version,
        }
        return await self._applied(_ADD, {**values, **_fares(destination)})

    async def update(self, destination: Destination, expected_version: int) -> bool:
        """Replace document and secret if the stored version is still *expected_version*."""
        values = {
            "document": msgspec.json.encode(destination.document).decode(),
            "sealed_secret": destination.sealed_secret,
            "updated_at": destination.updated_at,
            "version": destination.version,
        }
        return await self._applied(_UPDATE, values, of=destination.id, expected=expected_version)

    async def delete(self, id: str) -> bool:  # noqa: A002 - the record's own name
        """Delete a destination; what hangs on it goes with it."""
        return await self._applied(_DELETE, of=id)

    async def fared(self, destination: Destination) -> None:
        """Note how it fares."""
        await self._run(_FARED, _fares(destination), of=destination.id)

    async def cursors(self, id: str) -> dict[str, int]:  # noqa: A002 - the record's own name
        """Return, for each segment, the number of the first record that was not delivered."""
        return {row.segment_id: row.next_seq for row in await self._all(_CURSORS, of=id)}

    async def advance(self, id: str, segment: str, upto: int) -> None:  # noqa: A002 - the record's own name
        """Note that what stands before *upto* was delivered. A destination that is gone has no cursors any more."""
        if await self.get(id) is None:
            return
        if not await self._applied(_BEGIN, {"destination_id": id, "segment_id": segment, "next_seq": upto}):
            await self._run(_ADVANCE, {"next_seq": upto}, of=id, segment=segment, upto=upto)

    async def bury(self, id: str, letter: DeadLetter) -> None:  # noqa: A002 - the record's own name
        """Note a record that is passed over."""
        if await self.get(id) is not None:
            values = {"segment_id": letter.segment_id, "seq": letter.seq, "at": letter.at, "error": letter.error[:64]}
            await self._run(_BURY, {"destination_id": id, **values})

    async def dead(self, id: str, *, limit: int) -> Sequence[DeadLetter]:  # noqa: A002 - the record's own name
        """Return the newest of the records that were passed over."""
        rows = await self._all(_DEAD, of=id, most=limit)
        return [DeadLetter(row.segment_id, row.seq, row.at, row.error) for row in rows]

    async def records(self, segment: str, from_seq: int, limit: int) -> Sequence[AuditRecord]:
        """Return up to *limit* records of a segment from *from_seq* on."""
        rows = await self._all(_RECORDS, segment=segment, first=from_seq, most=limit)
        return [
            AuditRecord(
                **{**row._mapping, "tenant_id": TenantId(row.tenant_id), "segment_id": SegmentId(row.segment_id)}  # noqa: SLF001
            )
            for row in rows
        ]


def _fares(destination: Destination) -> dict[str, Any]:
    return {name: getattr(destination, name) for name in _FARES}


def _destination(row: Any) -> Destination | None:
    if row is None:
        return None
    return Destination(
        row.id,
        _document.decode(row.document),
        row.created_at,
        row.updated_at,
        row.version,
        row.sealed_secret,
        **{name: getattr(row, name) for name in _FARES},
    )
