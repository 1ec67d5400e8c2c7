"""The outbox as the relay sees it: due events of all tenants, leased one worker at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, select, update

from limen.kernel.clock import Instant
from limen.storage.database import Database
from limen.storage.schema.processes import outbox
from limen.storage.statements import Statement

_IS_DUE = Statement(
    select(outbox.c.id).where(outbox.c.state == "waiting", outbox.c.not_before <= bindparam("now")).limit(1)
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One leased event; ``attempts`` counts this lease too."""

    id: str
    tenant_id: str
    name: str
    subject: str
    data: dict[str, Any]
    sealed: bytes
    attempts: int
    created_at: Instant


class SqlOutbox:
    """Implements the relay's queue; each verb is one transaction.

    A waiting row is due at ``not_before``; leasing moves that instant behind the lease, so that the row of a worker
    that died becomes due again by itself.
    """

    def __init__(self, database: Database) -> None:
        """Serve the outbox of *database*."""
        self._database = database

    async def lease(self, worker: str, now: Instant, limit: int, lease_for: int) -> Sequence[StoredEvent]:
        """Return up to *limit* events, nobody else's for *lease_for* microseconds: those that have been due longest.

        That is the order of the index: with a hundred thousand due, as after an outage, none is sorted for the next.
        """
        async with self._database.platform() as connection:
            if (await connection.execute(_IS_DUE, {"now": now})).first() is None:  # the common case takes no write lock
                return []
        due = select(outbox.c.id).where(outbox.c.state == "waiting", outbox.c.not_before <= now)
        oldest = due.order_by(outbox.c.not_before, outbox.c.id).limit(limit)
        mine = oldest.with_for_update(skip_locked=True).cte("mine")  # what another worker is taking, it keeps
        taken = (
            update(outbox)
            .where(outbox.c.id.in_(select(mine.c.id)))
            .values(not_before=now + lease_for, lease_owner=worker, attempts=outbox.c.attempts + 1)
            .returning(outbox)
        )
        async with self._database.platform(write=True) as connection:
            rows = (await connection.execute(taken)).all()
        return sorted((_event(row) for row in rows), key=lambda event: (event.created_at, event.id))

    async def done(self, item_id: str) -> None:
        """Close the item and drop its payload."""
        await self._set(item_id, state="done", sealed=b"", error="")

    async def retry(self, item_id: str, not_before: Instant, error_code: str) -> None:
        """Offer the item again from *not_before* on."""
        await self._set(item_id, not_before=not_before, lease_owner="", error=error_code[:64])

    async def dead(self, item_id: str, error_code: str) -> None:
        """Put the item aside."""
        await self._set(item_id, state="dead", error=error_code[:64])

    async def waiting(self) -> int:
        """Return how many events wait, for metrics and tests."""
        statement = select(func.count()).select_from(outbox).where(outbox.c.state == "waiting")
        async with self._database.platform() as connection:
            return int((await connection.execute(statement)).scalar_one())

    async def _set(self, item_id: str, **values: Any) -> None:
        statement = update(outbox).where(and_(outbox.c.id == item_id, outbox.c.state == "waiting"))
        async with self._database.platform(write=True) as connection:
            await connection.execute(statement.values(**values))


def _event(row: Row[Any]) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        tenant_id=row.tenant_id,
        name=row.name,
        subject=row.subject,
        data=json.loads(row.data),
        sealed=row.sealed,
        attempts=row.attempts,
        created_at=row.created_at,
    )
