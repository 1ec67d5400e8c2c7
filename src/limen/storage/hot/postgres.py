"""PostgreSQL: the *token* role may EXECUTE the functions of ``migrations/postgres`` and nothing else.

Each function confines itself to the tenant it is given and runs under row-level security. A batch is one call a kind of
step and one that appends; a batch of audit records alone, which is what machine tokens need, is a single statement, and
so is one of steps that go as foreseen (``foreseen``).
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from limen.access.tokens.records import Redemption, RotatedToken, RotationOutcome
from limen.access.tokens.waiting import SLOWER, SLOWEST
from limen.identity.audit.checkpoints import Checkpoint
from limen.kernel.clock import Clock, Instant
from limen.kernel.ids import TenantId
from limen.storage.hot.foreseen import KnownFamilies, at_once, columns_of, pushing
from limen.storage.hot.group import BatchFailed, WriteGroup
from limen.storage.hot.steps import (
    SPENT,
    Batch,
    GuardedStep,
    OnCommit,
    PushStep,
    RecordStep,
    RedeemStep,
    RevokeFamilyStep,
    RevokeTokenStep,
    RotateStep,
    SlowDownStep,
    Step,
    Told,
    redeemed,
    redemption_failed,
    rotated,
    rotation_failed,
    told_of_redemption,
    told_of_rotation,
)
from limen.storage.lanes import Extension, Lane

_REDEEM = "SELECT * FROM limen_redeem($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
_ROTATE = "SELECT * FROM limen_rotate($1, $2, $3, $4, $5, $6, $7, $8)"
_REVOKE = "SELECT * FROM limen_revoke($1, $2, $3, $4)"
_REVOKE_TOKENS = "SELECT limen_revoke_tokens($1, $2, $3)"
_PUSH = "SELECT limen_push($1, $2, $3, $4, $5, $6)"
_SLOW_DOWN = "SELECT limen_slow_down($1, $2, $3, $4)"
_USE = "SELECT * FROM limen_use($1, $2, $3, $4)"
_CHECKPOINT = "SELECT * FROM limen_last_checkpoint($1)"
_APPEND = "SELECT limen_append($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_CHANGE = "SELECT limen_change($1, $2, $3, $4)"

Positions = list[tuple[int, Any]]

ACQUIRE_SECONDS = 10


def _is_outage(error: BaseException) -> bool:
    """Tell whether the database, not a step, is at fault: then nobody knows what was committed."""
    lost = (
        OSError,
        TimeoutError,
        asyncpg.PostgresConnectionError,
        asyncpg.OperatorInterventionError,
        asyncpg.InternalClientError,  # the driver itself no longer knows where the connection stands
    )
    misused = isinstance(error, asyncpg.InterfaceError) and not isinstance(
        error, ValueError
    )  # ValueError: bad argument
    return misused or isinstance(error, (*lost, asyncpg.InsufficientResourcesError, asyncpg.PostgresIOError))


@dataclass(slots=True)
class _Shared:
    """What the lanes of one writer share; *outages* counts how often every connection lost its credit."""

    pool: asyncpg.Pool
    clock: Clock
    on_commit: OnCommit | None
    families: KnownFamilies = field(default_factory=KnownFamilies)
    outages: int = 0


class PostgresWriter:
    """Runs batches of steps as the token role: one at a time in each lane, each lane on a connection of its own."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        lanes: Sequence[Lane],
        clock: Clock,
        *,
        on_commit: OnCommit | None = None,
    ) -> None:
        """Take connections from *pool*, which belongs to the token role; *on_commit* hears of each batch."""
        shared = _Shared(pool, clock, on_commit)
        self._writers = [_LaneWriter(lane, shared) for lane in lanes]
        self.group: WriteGroup[Step] = WriteGroup(*(writer.commit for writer in self._writers))

    async def close(self) -> None:
        """Finish the queue, and give the connections back."""
        await self.group.close()
        for writer in self._writers:
            await writer.give_back()


class _LaneWriter:
    """Runs one batch at a time, chained in one lane of the audit log, on one connection that it keeps."""

    def __init__(self, lane: Lane, shared: _Shared) -> None:
        self._lane, self._shared = lane, shared
        self._clock = shared.clock
        self._connection: Any = None
        self._outages = 0

    async def commit(self, steps: Sequence[Step]) -> Sequence[Any]:
        """Run *steps* in one transaction and return their results once it is durable."""
        batch = Batch([None] * len(steps))
        try:
            extensions = await self._transact(await self._connected(), steps, batch)
        except BaseException as error:
            for step in steps:
                self._lane.forget(step.tenant_id)
            with suppress(Exception):  # what state it is in is the pool's to find out; *error* is what is told
                await self.give_back(is_lost=_is_outage(error))
            if _is_outage(error):
                self._shared.outages += 1  # what took one connection took the others: the next batch finds new ones
                await self._shared.pool.expire_connections()
                msg = "the database went away during a batch"
                raise BatchFailed(msg) from error
            raise
        for extension in extensions:
            self._lane.committed(extension)
        if self._shared.on_commit is not None:
            self._shared.on_commit(batch.changes(), False)  # noqa: FBT003 - the outbox did not grow
        return batch.results

    async def give_back(self, *, is_lost: bool = False) -> None:
        """Return the connection to the pool; one that *is_lost* without a last word, which nobody would hear."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if is_lost:
                connection.terminate()
            await self._shared.pool.release(connection)

    async def _connected(self) -> Any:
        """Return the lane's connection; a new one where that was lost, or is likely to be."""
        if self._connection is not None and (self._connection.is_closed() or self._outages != self._shared.outages):
            await self.give_back(is_lost=True)
        if self._connection is None:
            self._outages = self._shared.outages
            self._connection = await self._shared.pool.acquire(timeout=ACQUIRE_SECONDS)
        return self._connection

    async def _transact(self, connection: Any, steps: Sequence[Step], batch: Batch) -> list[Extension]:
        tenants = sorted({step.tenant_id for step in steps})
        if len(tenants) == 1:  # one statement is atomic
            entries = [step.entry for step in steps if isinstance(step, RecordStep)]
            if len(entries) == len(steps):
                return [await self._tell(connection, tenants[0], [Told(tuple(entries))], self._clock.now())]
            extension = await at_once(connection, self._lane, self._shared.families, steps, batch)
            if extension is not None:
                return [extension]
        async with connection.transaction():
            return [
                await self._run(connection, t, [(i, s) for i, s in enumerate(steps) if s.tenant_id == t], batch)
                for t in tenants
            ]

    async def _run(self, database: Any, tenant_id: TenantId, steps: list[tuple[int, Step]], batch: Batch) -> Extension:
        now = self._clock.now()
        batch.told[tenant_id] = []
        if any(isinstance(step, GuardedStep) for _, step in steps):
            steps = await _spend(database, tenant_id, steps, batch)
        kinds: dict[type, Positions] = {}
        for position, step in sorted(steps, key=lambda item: item[1].order):
            kinds.setdefault(type(step), []).append((position, step))
        for position, step in kinds.get(RecordStep, []):
            batch.settle(position, tenant_id, None, Told((step.entry,)))
        for kind, run in _RUNNERS.items():
            if kind in kinds:
                await run(database, tenant_id, kinds[kind], batch, now)
        return await self._tell(database, tenant_id, batch.told[tenant_id], now)

    async def _tell(self, database: Any, tenant_id: TenantId, told: list[Told], now: Instant) -> Extension:
        last = None
        if not self._lane.knows(tenant_id):
            row = await database.fetchrow(_CHECKPOINT, tenant_id)
            last = Checkpoint(**dict(row)) if row and row["number"] is not None else None
        extension = self._lane.extend(tenant_id, [(entry, None) for one in told for entry in one.entries], last)
        records = extension.records
        changes = [change for one in told for change in one.changes]
        if changes:
            kinds, keys = [kind for kind, _ in changes], [key for _, key in changes]
            await database.fetchval(_CHANGE, tenant_id, now, kinds, keys)
        if not records:  # a refused step that is not worth a record
            return extension
        await database.fetchval(
            _APPEND, tenant_id, extension.head.segment_id, self._lane.worker if extension.opens else None, extension.at,
            records[0].seq, *columns_of(records),
        )  # fmt: skip
        return extension


async def _spend(
    database: Any, tenant_id: TenantId, steps: list[tuple[int, Step]], batch: Batch
) -> list[tuple[int, Step]]:
    """Spend what guarded steps bring, in one order on every worker; return the steps that are still to be done."""
    uses = sorted(
        ((use, position) for position, step in steps if isinstance(step, GuardedStep) for use in step.uses),
        key=lambda pair: (pair[0].kind, pair[0].digest),
    )
    rows = await database.fetch(
        _USE, tenant_id, [use.kind for use, _ in uses], [use.digest for use, _ in uses], [use.until for use, _ in uses]
    )
    spent = {position for (_, position), row in zip(uses, rows, strict=True) if not row["applied"]}
    left: list[tuple[int, Step]] = []
    for position, step in steps:
        if position in spent:
            batch.settle(position, tenant_id, SPENT, Told())
        elif not isinstance(step, GuardedStep):
            left.append((position, step))
        elif step.step is not None:
            left.append((position, step.step))
    return left


async def _redeem(database: Any, tenant_id: TenantId, steps: Positions, batch: Batch, now: Instant) -> None:
    asks = [step.ask for _, step in steps]
    rows = await database.fetch(
        _REDEEM, tenant_id, now,
        [a.code_hash for a in asks], [a.client for a in asks], [a.redirect_uri for a in asks],
        [a.challenge for a in asks], [a.family_id for a in asks], [a.refresh_hash for a in asks],
        [a.refresh_allowed for a in asks], [a.idle_until for a in asks], [a.family_expires_at for a in asks],
        [a.confirmation for a in asks], [a.confirmation if a.binds else "" for a in asks],
    )  # fmt: skip
    burnt: list[str] = []
    for (position, step), row in zip(steps, rows, strict=True):
        if row["applied"]:
            answer = redeemed(row, step.ask)
        else:
            answer = redemption_failed(row if row["customer_id"] is not None else None, step.ask, now)
            if answer.outcome is Redemption.REPLAYED:
                burnt.append(answer.family_id)
        batch.settle(position, tenant_id, answer, told_of_redemption(step.ask, answer))
    await _burn(database, tenant_id, burnt, now)


async def _rotate(database: Any, tenant_id: TenantId, steps: Positions, batch: Batch, now: Instant) -> None:
    asks = [step.ask for _, step in steps]
    rows = await database.fetch(
        _ROTATE, tenant_id, now,
        [a.family_id for a in asks], [a.client for a in asks], [a.presented_hash for a in asks],
        [a.successor_hash for a in asks], [a.idle_until for a in asks], [a.confirmation for a in asks],
    )  # fmt: skip
    burnt: list[str] = []
    for (position, step), row in zip(steps, rows, strict=True):
        if step.ask.family_id in burnt:  # by a step before this one in the batch
            answer = RotatedToken(RotationOutcome.REVOKED, row["customer_id"])
        elif row["applied"]:
            answer = rotated(row, RotationOutcome.ROTATED)
        else:
            answer = rotation_failed(row if row["customer_id"] is not None else None, step.ask, now)
            if answer.outcome is RotationOutcome.REUSED:
                burnt.append(step.ask.family_id)
        batch.settle(position, tenant_id, answer, told_of_rotation(step.ask, answer))
    await _burn(database, tenant_id, burnt, now)


async def _burn(database: Any, tenant_id: TenantId, families: list[str], now: Instant) -> None:
    if families:
        await database.fetch(_REVOKE, tenant_id, now, sorted(families), [""] * len(families))


async def _revoke_families(database: Any, tenant_id: TenantId, steps: Positions, batch: Batch, now: Instant) -> None:
    rows = await database.fetch(
        _REVOKE, tenant_id, now, [step.family_id for _, step in steps], [step.client for _, step in steps]
    )
    for (position, step), row in zip(steps, rows, strict=True):
        told = Told((step.entry,), (("family", step.family_id),)) if row["applied"] else Told()
        batch.settle(position, tenant_id, row["applied"], told)


async def _revoke_tokens(database: Any, tenant_id: TenantId, steps: Positions, batch: Batch, now: Instant) -> None:
    del now
    await database.fetchval(
        _REVOKE_TOKENS, tenant_id, [step.token_id for _, step in steps], [step.expires_at for _, step in steps]
    )
    for position, step in steps:
        batch.settle(position, tenant_id, None, Told((step.entry,), (("token", step.token_id),)))


async def _push(database: Any, tenant_id: TenantId, steps: Positions, batch: Batch, now: Instant) -> None:
    await database.fetchval(_PUSH, tenant_id, now, *pushing([step for _, step in steps]))
    for position, step in steps:
        batch.settle(position, tenant_id, None, Told((step.entry,)))


async def _slow_down(database: Any, tenant_id: TenantId, steps: Positions, batch: Batch, now: Instant) -> None:
    del now
    for position, step in steps:
        await database.fetchval(_SLOW_DOWN, tenant_id, step.code_hash, SLOWER, SLOWEST)
        batch.settle(position, tenant_id, None, Told())


_RUNNERS = {
    PushStep: _push,
    RedeemStep: _redeem,
    RotateStep: _rotate,
    RevokeFamilyStep: _revoke_families,
    RevokeTokenStep: _revoke_tokens,
    SlowDownStep: _slow_down,
}
