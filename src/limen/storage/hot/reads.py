"""What the hot doors read, one small query each, on the bare drivers."""

import asyncio
import sqlite3
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import msgspec

from limen.access.tokens.records import Authentication, FamilyView, Revocations
from limen.access.tokens.waiting import Poll, WaitingKind, WaitingState
from limen.identity.customers.records import CustomerState, SealedCustomer
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId, FamilyId, TenantId
from limen.storage.hot.sqlite import connect


class HotReader(Protocol):
    """Reads for the hot doors, scoped to the tenant that each call names."""

    async def customer(self, tenant_id: TenantId, subject: str) -> SealedCustomer | None:
        """Return the customer whose public ``sub`` this is."""
        ...

    async def family(self, tenant_id: TenantId, family_id: FamilyId) -> FamilyView | None:
        """Return what a family holds."""
        ...

    async def poll(self, tenant_id: TenantId, code_hash: bytes, now: Instant) -> Poll | None:
        """Return what a poll at *now* finds, and remember that it was."""
        ...

    async def is_revoked(self, tenant_id: TenantId, ids: tuple[str, str, str], issued_at: Instant) -> bool:
        """Tell whether token, family or subject (*ids*) were revoked; an unknown family or subject is."""
        ...

    async def revocations(self, tenant_id: TenantId, since: Instant) -> Revocations:
        """Return all that was revoked since an instant."""
        ...

    async def close(self) -> None:
        """Close what was opened."""
        ...


_CUSTOMER = "SELECT * FROM customers WHERE tenant_id = ? AND subject = ?"
_FAMILY = "SELECT customer_id, scopes, authentication FROM families WHERE tenant_id = ? AND id = ?"
_POLL = """
SELECT kind, client_key, state, interval_seconds, expires_at FROM waiting_requests
WHERE tenant_id = ? AND code_hash = ?"""
_MOST_POLLED = 100_000
"""Requests whose last poll is remembered."""
_IS_REVOKED = """
SELECT EXISTS (SELECT 1 FROM revoked_tokens WHERE tenant_id = :tenant AND token_id = :token)
  OR (:family <> '' AND NOT EXISTS (
        SELECT 1 FROM families WHERE tenant_id = :tenant AND id = :family AND revoked_at IS NULL))
  OR (:subject <> '' AND NOT EXISTS (
        SELECT 1 FROM customers
        WHERE tenant_id = :tenant AND subject = :subject AND state = 'active' AND valid_after <= :issued))"""
_REVOKED_TOKENS = "SELECT token_id FROM revoked_tokens WHERE tenant_id = ? AND expires_at >= ?"
_REVOKED_FAMILIES = "SELECT id FROM families WHERE tenant_id = ? AND revoked_at >= ?"
_REVOKED_CUSTOMERS = (
    "SELECT subject, valid_after FROM customers WHERE tenant_id = ? AND valid_after >= ? AND valid_after > 0"
)


class SqliteReader:
    """Reads on a connection of their own, in a thread of their own.

    When a waiting request was last polled is remembered here and not in the file: SQLite has one worker, and a poll
    that finds nothing new writes nothing. Polls are many and their one row is found in microseconds, so that they are
    read on the event loop, by a connection of that (see ``docs/adr``: handing one over costs ten times as much).
    """

    def __init__(self, path: Path) -> None:
        """Read the file at *path*."""
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="limen-reader")
        self._connection: sqlite3.Connection | None = None
        self._polls: sqlite3.Connection | None = None
        self._polled: OrderedDict[tuple[TenantId, bytes], Instant] = OrderedDict()

    async def customer(self, tenant_id: TenantId, subject: str) -> SealedCustomer | None:
        """Return the customer whose public ``sub`` this is."""
        rows = await self._fetch(_CUSTOMER, (tenant_id, subject))
        return sealed_customer(rows[0]) if rows else None

    async def family(self, tenant_id: TenantId, family_id: FamilyId) -> FamilyView | None:
        """Return what a family holds."""
        rows = await self._fetch(_FAMILY, (tenant_id, family_id))
        return family_view(rows[0]) if rows else None

    async def poll(self, tenant_id: TenantId, code_hash: bytes, now: Instant) -> Poll | None:
        """Return what a poll at *now* finds, and remember that it was."""
        if self._polls is None:
            self._polls = connect(self._path, read_only=True)
        row = self._polls.execute(_POLL, (tenant_id, code_hash)).fetchone()
        if row is None:
            return None
        before = self._polled.pop((tenant_id, code_hash), 0)
        if row["state"] == WaitingState.PENDING and row["expires_at"] > now:
            self._polled[tenant_id, code_hash] = now
            if len(self._polled) > _MOST_POLLED:
                self._polled.popitem(last=False)
        return poll_of(row, before)

    async def is_revoked(self, tenant_id: TenantId, ids: tuple[str, str, str], issued_at: Instant) -> bool:
        """Tell whether token, family or customer were revoked."""
        names = dict(zip(("token", "family", "subject"), ids, strict=True))
        rows = await self._fetch(_IS_REVOKED, {"tenant": tenant_id, "issued": issued_at, **names})
        return bool(rows[0][0])

    async def revocations(self, tenant_id: TenantId, since: Instant) -> Revocations:
        """Return all that was revoked since an instant."""
        tokens = await self._fetch(_REVOKED_TOKENS, (tenant_id, since))
        families = await self._fetch(_REVOKED_FAMILIES, (tenant_id, since))
        customers = await self._fetch(_REVOKED_CUSTOMERS, (tenant_id, since))
        return Revocations(
            frozenset(row[0] for row in tokens), frozenset(row[0] for row in families), {r[0]: r[1] for r in customers}
        )

    async def close(self) -> None:
        """Close the connection."""
        if self._polls is not None:
            self._polls.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def _fetch(self, sql: str, values: Any) -> list[sqlite3.Row]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._query, sql, values)

    def _query(self, sql: str, values: Any) -> list[sqlite3.Row]:
        if self._connection is None:
            self._connection = connect(self._path, read_only=True)
        return self._connection.execute(sql, values).fetchall()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()


_KINDS = {kind.value: kind for kind in WaitingKind}
_STATES = {state.value: state for state in WaitingState}


def poll_of(row: Any, polled_at: Instant) -> Poll:
    """Return what a poll finds in a row of a waiting request."""
    return Poll(
        kind=_KINDS[row["kind"]],
        client=row["client_key"],
        state=_STATES[row["state"]],
        interval=row["interval_seconds"],
        polled_at=polled_at,
        expires_at=row["expires_at"],
    )


def sealed_customer(row: Any) -> SealedCustomer:
    """Return the record of a row of ``customers``."""
    return SealedCustomer(
        id=CustomerId(row["id"]),
        subject=row["subject"],
        sealed_profile=row["sealed_profile"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        state=CustomerState(row["state"]),
        valid_after=row["valid_after"],
        version=row["version"],
    )


_authentications = msgspec.json.Decoder(Authentication)


def family_view(row: Any) -> FamilyView:
    """Return the record of a row of ``families``."""
    return FamilyView(row["customer_id"], tuple(row["scopes"].split()), _authentications.decode(row["authentication"]))
