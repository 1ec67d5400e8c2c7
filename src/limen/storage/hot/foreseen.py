"""Steps that go as foreseen, in one statement on PostgreSQL where a transaction of steps takes four round trips.

An audit record is chained here, not in the database, and names the customer, whom only a family's or a code's row
knows. But what either *is* never changes: whose it is, its scopes, the sign-in behind it. So it is read before the
statement (of families it is remembered, too), which then carries both the steps and the records that follow if all of
them apply. Its functions compare what was foreseen with the rows that they change. If anything differs, be it a retry,
a reuse or an end, nothing is done at all, and the batch runs again step by step.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from limen.access.tokens.records import RedeemCode, RedeemedCode, RotatedToken, RotateToken, RotationOutcome
from limen.identity.audit.chain import AuditRecord
from limen.kernel.clock import Instant
from limen.kernel.ids import TenantId
from limen.storage.hot.steps import (
    Batch,
    PushStep,
    RecordStep,
    RedeemStep,
    RotateStep,
    Step,
    Told,
    must_last,
    redeemed,
    rotated,
    told_of_redemption,
    told_of_rotation,
)
from limen.storage.lanes import Extension, Lane

_FAMILIES = "SELECT * FROM limen_families($1, $2)"
_CODES = "SELECT * FROM limen_codes($1, $2)"
_NOT_AS_FORESEEN: Final = "LM001"
_MOST: Final = 4_096
"""Families that are remembered, for all tenants; about a kilobyte each."""

Foreseeable = RecordStep | PushStep | RedeemStep | RotateStep
_FORESEEABLE: Final = (RecordStep, PushStep, RedeemStep, RotateStep)


@dataclass(frozen=True, slots=True)
class KnownFamily:
    """What never changes about a family, as it is stored and as an answer."""

    customer_id: str
    scopes: str
    authentication: str
    answer: RotatedToken


class KnownFamilies:
    """Families that were rotated lately, the oldest forgotten first. Whether one still stands, only its row says."""

    def __init__(self, most: int = _MOST) -> None:
        """Remember at most *most*."""
        self._known: dict[tuple[TenantId, str], KnownFamily] = {}
        self._most = most

    async def find(self, database: Any, tenant_id: TenantId, ids: Sequence[str]) -> list[KnownFamily] | None:
        """Return the families *ids*, read where they are not known; None if one does not exist."""
        missing = [one for one in ids if (tenant_id, one) not in self._known]
        read: dict[str, KnownFamily] = {}
        for row in await database.fetch(_FAMILIES, tenant_id, missing) if missing else ():
            answer = rotated(row, RotationOutcome.ROTATED)
            read[row["id"]] = KnownFamily(row["customer_id"], row["scopes"], row["authentication"], answer)
        found = [read.get(one) or self._known.get((tenant_id, one)) for one in ids]
        for one, family in read.items():
            self._keep((tenant_id, one), family)
        whole = [family for family in found if family is not None]
        return whole if len(whole) == len(found) else None

    def forget(self, tenant_id: TenantId, ids: Iterable[str]) -> None:
        """Forget *ids*: the next batch that has one of them asks again."""
        for one in ids:
            self._known.pop((tenant_id, one), None)

    def _keep(self, key: tuple[TenantId, str], family: KnownFamily) -> None:
        if len(self._known) >= self._most:
            del self._known[next(iter(self._known))]
        self._known[key] = family


def columns_of(records: Sequence[AuditRecord]) -> tuple[list[str], list[str], list[bytes], list[bytes]]:
    """Return what ``limen_append`` takes of each record: event, subject, open part and hash."""
    return (
        [r.event for r in records], [r.subject for r in records], [r.open_part for r in records],
        [r.hash for r in records],
    )  # fmt: skip


class OneStatement:
    """Calls of functions that are sent as one statement, which is a transaction of its own."""

    __slots__ = ("_arguments", "_calls")

    def __init__(self) -> None:
        """Begin without a call."""
        self._calls: list[str] = []
        self._arguments: list[Any] = []

    def call(self, function: str, *arguments: Any) -> None:
        """Add a call of one of our *function* names; no call may rest on what another one does."""
        first = len(self._arguments) + 1
        self._arguments += arguments
        self._calls.append(f"{function}({', '.join(f'${n}' for n in range(first, len(self._arguments) + 1))})")

    async def send(self, database: Any) -> bool:
        """Run the calls; False if something was not as foreseen, and nothing was done."""
        try:
            await database.fetchval(f"SELECT {', '.join(self._calls)}", *self._arguments)
        except asyncpg.PostgresError as error:
            if error.sqlstate != _NOT_AS_FORESEEN:
                raise
            return False
        return True


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """A batch in one tenant, in the order of rows that every worker locks them in, and what is known of those rows."""

    tenant_id: TenantId
    rotations: Sequence[RotateToken]
    families: Mapping[str, KnownFamily]
    redemptions: Sequence[RedeemCode]
    codes: Mapping[bytes, RedeemedCode]
    pushes: Sequence[PushStep]
    lasts: bool

    def outcome(self, step: Foreseeable) -> tuple[Any, Told]:
        """Return the result of *step* if it goes as foreseen, and what is then told."""
        if isinstance(step, RotateStep):
            answer = self.families[step.ask.family_id].answer
            return answer, told_of_rotation(step.ask, answer)
        if isinstance(step, RedeemStep):
            code = self.codes[step.ask.code_hash]
            return code, told_of_redemption(step.ask, code)
        return None, Told((step.entry,))

    def calls(self, now: Instant) -> OneStatement:
        """Return the calls that do it."""
        statement = OneStatement()
        if not self.lasts:
            statement.call("set_config", "synchronous_commit", "off", True)  # noqa: FBT003 - until the statement's end
        if self.redemptions:
            statement.call("limen_redeem_foreseen", self.tenant_id, now, *self._redeeming())
        if self.rotations:
            statement.call("limen_rotate_foreseen", self.tenant_id, now, *self._rotating())
        if self.pushes:
            statement.call("limen_push", self.tenant_id, now, *pushing(self.pushes))
        return statement

    def _redeeming(self) -> tuple[list[Any], ...]:
        asks = self.redemptions
        refresh = [a.refresh_hash if self.codes[a.code_hash].has_refresh else None for a in asks]
        return (
            [a.code_hash for a in asks], [a.client for a in asks], [a.redirect_uri for a in asks],
            [a.challenge for a in asks], [a.family_id for a in asks], refresh, [a.idle_until for a in asks],
            [a.family_expires_at for a in asks], [a.confirmation for a in asks],
            [a.confirmation if a.binds else "" for a in asks],
        )  # fmt: skip

    def _rotating(self) -> tuple[list[Any], ...]:
        asks, known = self.rotations, [self.families[ask.family_id] for ask in self.rotations]
        return (
            [a.family_id for a in asks], [a.client for a in asks], [a.presented_hash for a in asks],
            [a.successor_hash for a in asks], [a.idle_until for a in asks], [a.confirmation for a in asks],
            [f.customer_id for f in known], [f.scopes for f in known], [f.authentication for f in known],
        )  # fmt: skip


def pushing(steps: Sequence[PushStep]) -> tuple[list[Any], ...]:
    """Return what ``limen_push`` takes of each pushed request: reference, client, what is sealed, and its end."""
    pushed = [step.request for step in steps]
    return (
        [p.reference for p in pushed], [p.client for p in pushed], [p.sealed for p in pushed],
        [p.expires_at for p in pushed],
    )  # fmt: skip


async def at_once(
    database: Any, lane: Lane, families: KnownFamilies, steps: Sequence[Step], batch: Batch
) -> Extension | None:
    """Run a batch of one tenant, whose segment is open, in a statement that is its transaction.

    Returns:
        what the lane is to note once this has returned; None if nothing was done and the batch must run step by step.
    """
    asked = [step for step in steps if isinstance(step, _FORESEEABLE)]
    if len(asked) < len(steps) or not lane.knows(steps[0].tenant_id):
        return None
    foreseen = await _foresee(database, families, asked)
    if foreseen is None:
        return None
    tenant_id = foreseen.tenant_id
    done = [foreseen.outcome(step) for step in asked]
    extension = lane.extend(tenant_id, [(entry, None) for _, told in done for entry in told.entries], None)
    statement, records = foreseen.calls(extension.at), extension.records
    statement.call(
        "limen_append", tenant_id, extension.head.segment_id, None, extension.at, records[0].seq, *columns_of(records)
    )
    if not await statement.send(database):
        families.forget(tenant_id, foreseen.families)
        return None
    for position, (result, told) in enumerate(done):
        batch.settle(position, tenant_id, result, told)
    return extension


async def _foresee(database: Any, families: KnownFamilies, steps: Sequence[Foreseeable]) -> _Foreseen | None:
    """Return what *steps* will find; None where one of them finds nothing, or what another one leaves."""
    tenant_id = steps[0].tenant_id
    rotations = sorted((step.ask for step in steps if isinstance(step, RotateStep)), key=lambda ask: ask.family_id)
    redemptions = sorted((step.ask for step in steps if isinstance(step, RedeemStep)), key=lambda ask: ask.code_hash)
    ids, hashes = [ask.family_id for ask in rotations], [ask.code_hash for ask in redemptions]
    if len(set(ids)) < len(ids) or len(set(hashes)) < len(hashes):  # the second one may be a reuse
        return None
    known = await families.find(database, tenant_id, ids)
    codes = await _unused(database, tenant_id, redemptions)
    if known is None or codes is None:
        return None
    pushes = [step for step in steps if isinstance(step, PushStep)]
    lasts = must_last(steps)
    return _Foreseen(tenant_id, rotations, dict(zip(ids, known, strict=True)), redemptions, codes, pushes, lasts)


async def _unused(
    database: Any, tenant_id: TenantId, asks: Sequence[RedeemCode]
) -> Mapping[bytes, RedeemedCode] | None:
    """Return what each of the codes gives that are asked for; None if one does not exist, or was redeemed."""
    rows = await database.fetch(_CODES, tenant_id, [ask.code_hash for ask in asks]) if asks else ()
    found = {row["code_hash"]: row for row in rows}
    if len(found) < len(asks):
        return None
    return {ask.code_hash: redeemed(found[ask.code_hash], ask) for ask in asks}
