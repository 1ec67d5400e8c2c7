"""The chain and the Merkle tree over a tenant's consent records, and their signed heads."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, exists, func, select

from limen.identity.consents.chain import Checkpoint, Head, Place
from limen.identity.consents.records import ConsentRecord
from limen.kernel.clock import DAY
from limen.kernel.ids import RecordId, TenantId
from limen.storage.dialects import Dialect
from limen.storage.schema.consents import consent_chain, consent_checkpoints, consent_ledger, consent_tiles
from limen.storage.statements import Connection
from limen.storage.stores.base import TenantStoreBase, insert_mine, mine, of_tenant, select_mine
from limen.storage.stores.consents import record_of

_LOOK_BACK: Final = DAY
"""So far behind what was placed last a record without a place is looked for: longer than any commit takes, or any two
workers' clocks differ."""

_seq = consent_chain.c.seq
_HEAD = mine(select(_seq, consent_chain.c.hash).order_by(_seq.desc()).limit(1), consent_chain)
_LAST_AT = mine(
    select(consent_ledger.c.at)
    .join(
        consent_chain,
        (consent_chain.c.tenant_id == consent_ledger.c.tenant_id) & (consent_chain.c.record_id == consent_ledger.c.id),
    )
    .order_by(_seq.desc())
    .limit(1),
    consent_chain,
)
_WAITING = mine(
    select(consent_ledger.c.id, consent_ledger.c.leaf)
    .where(
        consent_ledger.c.at > bindparam("since"),
        ~exists().where(of_tenant(consent_chain), consent_chain.c.record_id == consent_ledger.c.id),
    )
    .order_by(consent_ledger.c.at, consent_ledger.c.id)
    .limit(bindparam("at_most")),
    consent_ledger,
)
_PLACE = insert_mine(consent_chain)
_PLACE_OF = select_mine(consent_chain, consent_chain.c.record_id == bindparam("of"))
_LEAVES = mine(
    select(consent_chain.c.leaf).where(_seq > bindparam("after"), _seq <= bindparam("until")).order_by(_seq),
    consent_chain,
)
_TILES = mine(
    select(consent_tiles.c.root)
    .where(
        consent_tiles.c.level == bindparam("of_level"),
        consent_tiles.c.number >= bindparam("first"),
        consent_tiles.c.number < bindparam("end"),
    )
    .order_by(consent_tiles.c.number),
    consent_tiles,
)
_ADD_TILE = insert_mine(consent_tiles)
_LAST_CHECKPOINT = mine(
    select(consent_checkpoints).order_by(consent_checkpoints.c.number.desc()).limit(1), consent_checkpoints
)
_CHECKPOINT_OVER = mine(
    select(consent_checkpoints)
    .where(consent_checkpoints.c.size >= bindparam("least"))
    .order_by(consent_checkpoints.c.size)
    .limit(1),
    consent_checkpoints,
)
_CHECKPOINTS = mine(
    select(consent_checkpoints)
    .where(consent_checkpoints.c.number > bindparam("after"))
    .order_by(consent_checkpoints.c.number)
    .limit(bindparam("at_most")),
    consent_checkpoints,
)
_ADD_CHECKPOINT = insert_mine(consent_checkpoints)
_COUNT = mine(select(func.count().label("found")).select_from(consent_ledger), consent_ledger)
_PLACED = mine(
    select(_seq, consent_chain.c.leaf, consent_chain.c.hash, *[c for c in consent_ledger.c if c.name != "leaf"])
    .join(
        consent_ledger,
        (consent_ledger.c.tenant_id == consent_chain.c.tenant_id) & (consent_ledger.c.id == consent_chain.c.record_id),
    )
    .where(_seq > bindparam("after"), _seq <= bindparam("until"))
    .order_by(_seq),
    consent_chain,
)


class SqlConsentChain(TenantStoreBase):
    """Implements :class:`limen.identity.consents.store.ChainStore`."""

    def __init__(self, connection: Connection, tenant_id: TenantId, dialect: Dialect) -> None:
        """Speak over *connection*; *dialect* lets one at a time place records."""
        super().__init__(connection, tenant_id)
        self._dialect = dialect

    async def lock(self) -> None:
        """Be the only one who places records of this tenant."""
        await self._dialect.lock(self._connection, f"consent-chain:{self._tenant_id}")

    async def head(self) -> Head:
        """Return the end of the chain."""
        row = await self._one(_HEAD)
        return Head() if row is None else Head(row.seq, bytes(row.hash))

    async def waiting(self, limit: int) -> list[tuple[RecordId, bytes]]:
        """Return records that have no place yet, oldest first."""
        last = await self._one(_LAST_AT)
        since = -1 if last is None else last.at - _LOOK_BACK
        rows = await self._all(_WAITING, since=since, at_most=limit)
        return [(RecordId(row.id), bytes(row.leaf)) for row in rows]

    async def place(self, places: Sequence[Place]) -> None:
        """Write the places of records."""
        rows = [
            {"tenant_id": self._tenant_id, "seq": p.seq, "record_id": p.record_id, "leaf": p.leaf, "hash": p.hash}
            for p in places
        ]
        await self._connection.execute(_PLACE, rows)

    async def place_of(self, record_id: RecordId) -> Place | None:
        """Return where a record stands."""
        row = await self._one(_PLACE_OF, of=record_id)
        return None if row is None else _place(row)

    async def leaves(self, start: int, end: int) -> list[bytes]:
        """Return the leaf hashes from *start* (from 0) up to *end*."""
        return [bytes(row.leaf) for row in await self._all(_LEAVES, after=start, until=end)]

    async def tiles(self, level: int, start: int, end: int) -> list[bytes]:
        """Return the roots of whole subtrees."""
        return [bytes(row.root) for row in await self._all(_TILES, of_level=level, first=start, end=end)]

    async def add_tile(self, level: int, number: int, root: bytes) -> None:
        """Keep the root of a whole subtree."""
        await self._run(_ADD_TILE, level=level, number=number, root=root)

    async def last_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint."""
        row = await self._one(_LAST_CHECKPOINT)
        return None if row is None else _checkpoint(row)

    async def checkpoint_over(self, size: int) -> Checkpoint | None:
        """Return the first checkpoint over at least *size* records."""
        row = await self._one(_CHECKPOINT_OVER, least=size)
        return None if row is None else _checkpoint(row)

    async def checkpoints(self, after: int, limit: int) -> list[Checkpoint]:
        """Return up to *limit* checkpoints behind the number *after*."""
        return [_checkpoint(row) for row in await self._all(_CHECKPOINTS, after=after, at_most=limit)]

    async def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Store a signed checkpoint."""
        values = {name: getattr(checkpoint, name) for name in Checkpoint.__slots__ if name != "tenant_id"}
        await self._run(_ADD_CHECKPOINT, values)

    async def placed_records(self, after: int, until: int) -> list[tuple[Place, ConsentRecord]]:
        """Return the records at the places behind *after*, up to and with *until*."""
        rows = await self._all(_PLACED, after=after, until=until)
        return [(Place(row.seq, RecordId(row.id), bytes(row.leaf), bytes(row.hash)), record_of(row)) for row in rows]

    async def count(self) -> int:
        """Return how many records there are, placed or not."""
        return int((await self._one(_COUNT)).found)


def _place(row: Row[Any]) -> Place:
    return Place(row.seq, RecordId(row.record_id), bytes(row.leaf), bytes(row.hash))


def _checkpoint(row: Row[Any]) -> Checkpoint:
    return Checkpoint(**{**row._mapping, "tenant_id": TenantId(row.tenant_id)})  # noqa: SLF001
