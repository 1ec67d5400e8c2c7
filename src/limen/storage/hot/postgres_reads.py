"""What the hot doors read on PostgreSQL: one function of the *token* role each."""

from collections import defaultdict
from collections.abc import Sequence

import asyncpg

from limen.access.tokens.records import FamilyView, Revocations
from limen.access.tokens.waiting import Poll
from limen.identity.customers.records import SealedCustomer
from limen.kernel.clock import Instant
from limen.kernel.ids import FamilyId, TenantId
from limen.storage.hot.group import BatchFailed, WriteGroup
from limen.storage.hot.reads import family_view, poll_of, sealed_customer

_PollAsked = tuple[TenantId, bytes, Instant]
_POLL_ALL = "SELECT * FROM limen_poll($1, $2, $3)"


class PostgresReader:
    """Reads through the token role's functions.

    Polls come in crowds and write when they came: those that arrive while others are asked about share a statement. Two
    of these may be under way, so that one crowd is answered here while the database looks for the next.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Take connections from *pool*, which belongs to the token role."""
        self._pool = pool
        self._polls: WriteGroup[_PollAsked] = WriteGroup(self._poll_all, self._poll_all)

    async def customer(self, tenant_id: TenantId, subject: str) -> SealedCustomer | None:
        """Return the customer whose public ``sub`` this is."""
        row = await self._pool.fetchrow("SELECT * FROM limen_customer($1, $2)", tenant_id, subject)
        return sealed_customer(row) if row is not None and row["id"] is not None else None

    async def family(self, tenant_id: TenantId, family_id: FamilyId) -> FamilyView | None:
        """Return what a family holds."""
        row = await self._pool.fetchrow("SELECT * FROM limen_family($1, $2)", tenant_id, family_id)
        return None if row is None else family_view(row)

    async def poll(self, tenant_id: TenantId, code_hash: bytes, now: Instant) -> Poll | None:
        """Return what a poll at *now* finds, and remember that it was."""
        found: Poll | None = await self._polls.submit((tenant_id, code_hash, now))
        return found

    async def _poll_all(self, asked: Sequence[_PollAsked]) -> Sequence[Poll | None]:
        """Return what each poll finds. Rows are locked in the order of their codes, as every other worker does."""
        of_tenants: dict[TenantId, list[tuple[bytes, Instant, int]]] = defaultdict(list)
        for position, (tenant_id, code_hash, now) in enumerate(asked):
            of_tenants[tenant_id].append((code_hash, now, position))
        found: list[Poll | None] = [None] * len(asked)
        for tenant_id, polls in of_tenants.items():
            polls.sort()
            codes, moments, positions = zip(*polls, strict=True)
            try:
                rows = await self._pool.fetch(_POLL_ALL, tenant_id, codes, moments)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                msg = "the database did not answer polls"
                raise BatchFailed(msg) from error
            for row in rows:
                found[positions[row["number"] - 1]] = poll_of(row, row["polled_at"] or 0)
        return found

    async def is_revoked(self, tenant_id: TenantId, ids: tuple[str, str, str], issued_at: Instant) -> bool:
        """Tell whether token, family or customer were revoked."""
        sql = "SELECT limen_is_revoked($1, $2, $3, $4, $5)"
        return bool(await self._pool.fetchval(sql, tenant_id, *ids, issued_at))

    async def revocations(self, tenant_id: TenantId, since: Instant) -> Revocations:
        """Return all that was revoked since an instant."""
        rows = await self._pool.fetch("SELECT * FROM limen_revocations($1, $2)", tenant_id, since)
        by_kind: dict[str, dict[str, int]] = {"token": {}, "family": {}, "subject": {}}
        for row in rows:
            by_kind[row["kind"]][row["key"]] = row["at"]
        return Revocations(frozenset(by_kind["token"]), frozenset(by_kind["family"]), by_kind["subject"])

    async def close(self) -> None:
        """Finish the polls; the pool is closed by whoever made it."""
        await self._polls.close()
