"""SQLite: one writing connection, ``BEGIN IMMEDIATE``, N steps with their audit records, ``COMMIT``.

What is bound is bound as plain text and as ``bytearray``: for each identifier, whose type is one of its own, and for
each ``bytes``, sqlite3 would look for an adapter first. Of a record that costs nearly as much as to insert it.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from limen.access.tokens.records import Redemption, RotationOutcome
from limen.access.tokens.waiting import SLOWER, SLOWEST
from limen.identity.audit.chain import AuditRecord
from limen.identity.audit.checkpoints import Checkpoint
from limen.kernel.clock import Clock, Instant
from limen.kernel.ids import TenantId
from limen.storage.dialects.inline import NO_WAIT, WAIT, WRITE, Lasting
from limen.storage.dialects.sqlite import PRAGMAS, SqliteDialect, make_private
from limen.storage.gate import WriteGate
from limen.storage.hot.aside import Aside
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
    RotateStep,
    SlowDownStep,
    Step,
    Told,
    in_order,
    must_last,
    redeemed,
    redemption_failed,
    rotated,
    rotation_failed,
    told_of_redemption,
    told_of_rotation,
)
from limen.storage.lanes import Extension, Lane

_ALIVE = (
    "EXISTS (SELECT 1 FROM customers c WHERE c.tenant_id = {0}.tenant_id AND c.id = {0}.customer_id"
    " AND c.state = 'active' AND c.valid_after <= {0}.created_at)"
)
_REDEEM = f"""
UPDATE codes SET redeemed_at = ?1, family_id = ?2
WHERE tenant_id = ?3 AND code_hash = ?4 AND client_key = ?5 AND redirect_uri = ?6
  AND challenge = ?7 AND confirmation IN ('', ?8) AND redeemed_at IS NULL
  AND expires_at > ?1 AND {_ALIVE.format("codes")}
  AND EXISTS (SELECT 1 FROM sessions s
              WHERE s.tenant_id = codes.tenant_id AND s.id = codes.session_id AND s.ended_at IS NULL)
RETURNING grant_id, session_id, customer_id, scopes, nonce, authentication, created_at"""  # noqa: S608 - no value is in it
_CODE = "SELECT * FROM codes WHERE tenant_id = ? AND code_hash = ?"
_NEW_FAMILY = """
INSERT INTO families (tenant_id, id, grant_id, session_id, customer_id, client_key, scopes, authentication, generation,
  current_hash, previous_hash, rotated_at, created_at, idle_until, expires_at, confirmation)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, NULL, ?, ?, ?, ?, ?)"""
_ROTATE = f"""
UPDATE families SET generation = generation + 1, previous_hash = current_hash, current_hash = ?2,
  rotated_at = ?1, idle_until = ?3
WHERE tenant_id = ?4 AND id = ?5 AND client_key = ?6 AND current_hash = ?7
  AND confirmation IN ('', ?8) AND revoked_at IS NULL
  AND expires_at > ?1 AND idle_until > ?1 AND {_ALIVE.format("families")}
RETURNING customer_id, scopes, authentication"""  # noqa: S608 - no value is in it
_FAMILY = """
SELECT f.*, c.state, c.valid_after FROM families f
JOIN customers c ON c.tenant_id = f.tenant_id AND c.id = f.customer_id
WHERE f.tenant_id = ? AND f.id = ?"""
_REVOKE = "UPDATE families SET revoked_at = ? WHERE tenant_id = ? AND id = ? AND revoked_at IS NULL"
_REVOKE_OWN = _REVOKE + " AND client_key = ?"
_REVOKE_TOKEN = "INSERT INTO revoked_tokens (tenant_id, token_id, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_PUSH = """
INSERT INTO pushed_requests (tenant_id, reference, client_key, sealed, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?)"""
_SLOW_DOWN = """
UPDATE waiting_requests SET interval_seconds = MIN(interval_seconds + ?, ?)
WHERE tenant_id = ? AND code_hash = ? AND state = 'pending'"""
_USE = "INSERT INTO replays (tenant_id, kind, digest, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_SEGMENT = "INSERT INTO audit_segments (tenant_id, id, worker, opened_at) VALUES (?, ?, ?, ?)"
_CHECKPOINT = "SELECT * FROM audit_checkpoints WHERE tenant_id = ? ORDER BY number DESC LIMIT 1"
_CHANGE = "INSERT INTO changes (tenant_id, kind, key, at) VALUES (?, ?, ?, ?)"
_MOST_PASSING = 32
"""So many batches in turn need not wait for the disk: fewer than of everyday commits, since each writes more."""
_AUDIT_COLUMNS = AuditRecord.__struct_fields__
_AUDIT = f"INSERT INTO audit_records ({', '.join(_AUDIT_COLUMNS)}) VALUES ({', '.join('?' * len(_AUDIT_COLUMNS))})"  # noqa: S608 - columns


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Return a connection with the house's pragmas; rows read by name."""
    make_private(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    connection.row_factory = sqlite3.Row
    return connection


class SqliteWriter:
    """Runs batches of steps on the one writing connection.

    The statements run on the event loop, a few microseconds each: sqlite3 gives the interpreter lock away at every one,
    and a thread of its own would wait for it as often. Only a ``COMMIT`` that waits for the disk runs in a thread; so
    does ``BEGIN`` when another process holds the file.
    """

    def __init__(
        self,
        dialect: SqliteDialect,
        gate: WriteGate,
        lane: Lane,
        clock: Clock,
        *,
        on_commit: OnCommit | None = None,
    ) -> None:
        """Write to the file of *dialect*, holding *gate* for each batch; *on_commit* hears of each."""
        self._on_commit = on_commit
        self._dialect, self._gate, self._lane, self._clock = dialect, gate, lane, clock
        self._aside = Aside("limen-writer")
        self._connection: sqlite3.Connection | None = None
        self._lasting: Lasting
        self._waits = True
        self.group: WriteGroup[Step] = WriteGroup(self.commit)

    async def commit(self, steps: Sequence[Step]) -> Sequence[Any]:
        """Run *steps* in one transaction and return their results once it is durable."""
        async with self._gate.hot():
            try:
                batch = await self._commit(list(steps))
            except sqlite3.OperationalError as error:  # locked, full, unreadable: no step's fault
                msg = "the database did not take the batch"
                raise BatchFailed(msg) from error
        if self._on_commit is not None:
            self._on_commit(batch.changes(), False)  # noqa: FBT003 - the outbox did not grow
        return batch.results

    async def close(self) -> None:
        """Finish the queue and close the connection."""
        await self.group.close()
        if self._connection is not None:
            self._connection.close()
        self._aside.close()

    async def _commit(self, steps: list[Step]) -> Batch:
        if self._connection is None:
            self._connection, self._waits = connect(self._dialect.path), True
            self._lasting = Lasting(self._connection)
        self._dialect.must_be_whole()
        database = self._connection
        self._lasting.set(lasts=must_last(steps), most=_MOST_PASSING)
        await self._begin(database)
        batch, now = Batch([None] * len(steps)), self._clock.now()
        try:
            for position, step in in_order(steps):
                result, told = _run(database, step, now)
                batch.settle(position, step.tenant_id, result, told)
            extensions = [self._tell(database, tenant_id, told, now) for tenant_id, told in batch.told.items()]
            if self._lasting:
                await self._aside.run(database.execute, "COMMIT")
            else:
                database.execute("COMMIT")
        except BaseException:
            for tenant_id in {step.tenant_id for step in steps}:
                self._lane.forget(tenant_id)
            self._abandon(database)
            raise
        for extension in extensions:
            self._lane.committed(extension)
        return batch

    async def _begin(self, database: sqlite3.Connection) -> None:
        """Begin at once where nobody else writes; else wait for them in the thread, as long as is usual."""
        if self._waits:
            database.execute(NO_WAIT)
            self._waits = False
        try:
            database.execute(WRITE)
        except sqlite3.OperationalError:
            self._waits = True
            database.execute(WAIT)
            await self._aside.run(database.execute, WRITE)

    def _abandon(self, database: sqlite3.Connection) -> None:
        try:
            if database.in_transaction:
                database.execute("ROLLBACK")
        except sqlite3.Error:  # the next batch begins on a connection that is not half-way through something
            self._connection = None
            database.close()

    def _tell(self, database: sqlite3.Connection, tenant_id: TenantId, told: list[Told], now: Instant) -> Extension:
        last = None if self._lane.knows(tenant_id) else _last_checkpoint(database, tenant_id)
        extension = self._lane.extend(tenant_id, [(entry, None) for one in told for entry in one.entries], last)
        if extension.opens:
            database.execute(_SEGMENT, (tenant_id, extension.head.segment_id, self._lane.worker, extension.at))
        database.executemany(_AUDIT, map(_record, extension.records))
        changes = [(tenant_id, kind, key, now) for one in told for kind, key in one.changes]
        if changes:
            database.executemany(_CHANGE, changes)
        return extension


def _record(record: AuditRecord) -> tuple[Any, ...]:
    """Return a record as it is bound, in the order of its columns."""
    return (
        str(record.tenant_id), str(record.segment_id), record.seq, record.at, record.event, str(record.subject),
        bytearray(record.open_part), bytearray(record.commitment), bytearray(record.sealed), bytearray(record.hash),
    )  # fmt: skip


def _last_checkpoint(database: sqlite3.Connection, tenant_id: TenantId) -> Checkpoint | None:
    row = database.execute(_CHECKPOINT, (tenant_id,)).fetchone()
    return None if row is None else Checkpoint(**dict(row))


def _run(database: sqlite3.Connection, step: Step, now: Instant) -> tuple[Any, Told]:
    if isinstance(step, RecordStep):
        return None, Told((step.entry,))
    if isinstance(step, GuardedStep):
        uses = [(str(step.tenant_id), use.kind, bytearray(use.digest), use.until) for use in step.uses]
        fresh = [database.execute(_USE, use).rowcount > 0 for use in uses]  # each is spent, whatever others are
        if not all(fresh):
            return SPENT, Told()
        return _run(database, step.step, now) if step.step is not None else (None, Told())
    if isinstance(step, PushStep):
        pushed = step.request
        values = (bytearray(pushed.reference), str(pushed.client), bytearray(pushed.sealed), now, pushed.expires_at)
        database.execute(_PUSH, (str(step.tenant_id), *values))
        return None, Told((step.entry,))
    if isinstance(step, RotateStep):
        return _rotate(database, step, now)
    if isinstance(step, RedeemStep):
        return _redeem(database, step, now)
    if isinstance(step, RevokeFamilyStep):
        done = database.execute(_REVOKE_OWN, (now, step.tenant_id, step.family_id, step.client)).rowcount > 0
        return done, Told((step.entry,), (("family", step.family_id),)) if done else Told()
    if isinstance(step, SlowDownStep):
        database.execute(_SLOW_DOWN, (SLOWER, SLOWEST, step.tenant_id, step.code_hash))
        return None, Told()
    database.execute(_REVOKE_TOKEN, (step.tenant_id, step.token_id, step.expires_at))
    return None, Told((step.entry,), (("token", step.token_id),))


def _redeem(database: sqlite3.Connection, step: RedeemStep, now: Instant) -> tuple[Any, Told]:
    ask = step.ask
    row = database.execute(
        _REDEEM,
        (
            now, str(ask.family_id), str(step.tenant_id), bytearray(ask.code_hash), str(ask.client), ask.redirect_uri,
            ask.challenge, ask.confirmation,
        ),
    ).fetchone()  # fmt: skip
    if row is not None:
        answer = redeemed(row, ask)
        database.execute(
            _NEW_FAMILY,
            (
                str(step.tenant_id), str(ask.family_id), row["grant_id"], row["session_id"], row["customer_id"],
                str(ask.client), row["scopes"], row["authentication"],
                bytearray(ask.refresh_hash) if answer.has_refresh else None,
                now, row["created_at"], ask.idle_until, ask.family_expires_at, ask.confirmation if ask.binds else "",
            ),
        )  # fmt: skip
    else:
        row = database.execute(_CODE, (step.tenant_id, ask.code_hash)).fetchone()
        answer = redemption_failed(row, ask, now)
        if answer.outcome is Redemption.REPLAYED:
            database.execute(_REVOKE, (now, step.tenant_id, answer.family_id))
    return answer, told_of_redemption(ask, answer)


def _rotate(database: sqlite3.Connection, step: RotateStep, now: Instant) -> tuple[Any, Told]:
    ask = step.ask
    row = database.execute(
        _ROTATE,
        (
            now, bytearray(ask.successor_hash), ask.idle_until, str(step.tenant_id), str(ask.family_id),
            str(ask.client), bytearray(ask.presented_hash), ask.confirmation,
        ),
    ).fetchone()  # fmt: skip
    if row is not None:
        answer = rotated(row, RotationOutcome.ROTATED)
    else:
        row = database.execute(_FAMILY, (step.tenant_id, ask.family_id)).fetchone()
        answer = rotation_failed(row, ask, now)
        if answer.outcome is RotationOutcome.REUSED:
            database.execute(_REVOKE, (now, step.tenant_id, ask.family_id))
    return answer, told_of_rotation(ask, answer)
