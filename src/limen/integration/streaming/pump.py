"""The pump: moves what is committed to where it is to go, in the order of each segment, at least once.

For each destination it holds a lease while it works, so that of two processes one delivers. A cursor advances after the
delivery: what was delivered by a process that was killed before it said so is delivered again, by whoever comes next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import structlog

from limen.identity.audit.chain import AuditRecord, Head, named_fields
from limen.identity.audit.destinations import DeadLetter, Destination
from limen.identity.audit.personal import opened
from limen.identity.audit.store import FREQUENT
from limen.identity.keyring import Keyring, SubjectVault
from limen.identity.tenants.records import Tenant
from limen.integration.messaging.backoff import back_off
from limen.integration.streaming.fact import Fact
from limen.integration.streaming.manage import CHANGED, MOST, opened_secret
from limen.integration.streaming.store import Begin, StreamUnit
from limen.integration.streaming.ways import SECONDS, Batch, Failure, Send
from limen.kernel.clock import MINUTE, SECOND, Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Corrupted
from limen.kernel.ids import TenantId
from limen.kernel.secret import Secret

RECORDS: Final = 500
"""Records of one batch, at most."""
BATCHES: Final = 40
"""Batches of one destination in one run: others get their turn."""
_LEASE: Final[Instant] = int(3 * SECONDS) * SECOND
_FIRST, _LONGEST = 2.0, 300.0
_LEARNT_FOR: Final[Instant] = 5 * MINUTE
_log = structlog.get_logger("limen.streaming")

Take = Callable[[str, int], Awaitable[bool]]
"""Takes or keeps a lease for so many microseconds."""
Tenants = Callable[[], Awaitable[Sequence[Tenant]]]


class StreamObserver(Protocol):
    """Who is told how destinations fare; *kind* is ``syslog``, ``http`` or ``file``."""

    def sent(self, kind: str, outcome: str, count: int) -> None:
        """Hear of *count* records that were ``delivered``, ``failed`` for now, or are ``dead``."""
        ...

    def behind(self, kind: str, seconds: float) -> None:
        """Hear how old the oldest record is that the most backward destination of a kind waits for."""
        ...


@dataclass(frozen=True, slots=True)
class PumpParts:
    """What the pump works with."""

    begin: Begin
    reading: Begin
    tenants: Tenants
    take: Take
    keyring: Keyring
    send: Send
    observer: StreamObserver
    clock: Clock
    entropy: Entropy


@dataclass(slots=True)
class _Known:
    """Which tenants have destinations, as far as this process has looked."""

    looked_at: Instant = -_LEARNT_FOR
    with_some: dict[TenantId, Tenant] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)


class Pump:
    """Delivers; hears of destinations that change by the change feed."""

    def __init__(self, parts: PumpParts) -> None:
        """Know of no destination yet."""
        self._parts = parts
        self._known = _Known()

    def hear(self, tenant_id: str | None, kind: str, _key: str) -> None:
        """Take note of one change."""
        if kind in {CHANGED, "tenant"} and tenant_id is not None:
            self._known.stale.add(tenant_id)

    async def run(self) -> int:
        """Deliver what waits, a bounded number of batches for each destination; return how many records arrived."""
        await self._learn()
        lags: dict[str, float] = {}
        counts = await asyncio.gather(*(self._of_tenant(one, lags) for one in [*self._known.with_some.values()]))
        for kind in ("syslog", "http", "file"):
            self._parts.observer.behind(kind, lags.get(kind, 0.0))
        return sum(counts)

    async def _learn(self) -> None:
        known, now = self._known, self._parts.clock.now()
        if not known.stale and now - known.looked_at < _LEARNT_FOR:
            return
        known.stale.clear()
        found: dict[TenantId, Tenant] = {}
        for tenant in await self._parts.tenants():
            async with self._parts.reading(tenant.id) as unit:
                if await unit.audit_destinations.list(after="", limit=1):
                    found[tenant.id] = tenant
        known.with_some, known.looked_at = found, now

    async def _of_tenant(self, tenant: Tenant, lags: dict[str, float]) -> int:
        async with self._parts.reading(tenant.id) as unit:
            found = await unit.audit_destinations.list(after="", limit=MOST)
        arrived = 0
        for one in found:
            if not one.document.enabled:
                continue
            if one.retry_at <= self._parts.clock.now() and await self._parts.take(f"audit-stream:{one.id}", _LEASE):
                try:
                    arrived += await self._deliver(tenant, one)
                except Corrupted as fault:
                    await self._failed(tenant, one, Failure("corrupted"))
                    _log.error("audit_stream.corrupted", destination=one.id, fault=type(fault).__name__)
            lag = await self._lag(tenant, one)
            lags[one.document.kind] = max(lags.get(one.document.kind, 0.0), lag)
        return arrived

    async def _deliver(self, tenant: Tenant, to: Destination) -> int:
        vault = await self._parts.keyring.tenant(tenant.id)
        secret = opened_secret(vault.unseal, to)
        arrived = 0
        for _ in range(BATCHES):
            waiting = await self._next(tenant, to)
            if waiting is None:
                break
            facts, end = waiting
            done, failure = await self._sent(tenant, to, facts, secret)
            arrived += done
            if failure is not None:
                await self._failed(tenant, to, failure)
                break
            to = await self._advanced(tenant, to, end)
            if not await self._parts.take(f"audit-stream:{to.id}", _LEASE):
                break  # it was slow, and somebody else goes on
        return arrived

    async def _next(self, tenant: Tenant, to: Destination) -> tuple[list[Fact], Head] | None:
        """Return the next records of a segment that has some, and where it stands behind them."""
        async with self._parts.reading(tenant.id) as unit:
            behind = await self._behind(unit, to)
            if not behind:
                return None
            head, start = behind[0]
            records = await unit.audit_destinations.records(str(head.segment_id), start, RECORDS)
        if not records:
            return None
        last = records[-1]
        facts = [await self._fact(tenant, to, record) for record in records if _wanted(to, record)]
        return facts, Head(tenant.id, last.segment_id, last.seq + 1, last.hash)

    async def _behind(self, unit: StreamUnit, to: Destination) -> list[tuple[Head, int]]:
        cursors = await unit.audit_destinations.cursors(to.id)
        heads = await unit.audit_log.heads()
        starts = [(head, cursors.get(str(head.segment_id), 0)) for head in heads]
        return sorted(
            ((head, start) for head, start in starts if head.next_seq > start), key=lambda one: one[0].segment_id
        )

    async def _fact(self, tenant: Tenant, to: Destination, record: AuditRecord) -> Fact:
        personal: dict[str, str] = {}
        if to.document.personal and record.sealed:
            vault: SubjectVault | None = await self._parts.keyring.subject(tenant.id, record.subject)
            if vault is not None:
                try:
                    personal = dict(opened(vault, record))
                except Corrupted:  # the verifier tells of it; the stream goes on
                    personal = {}
        said = named_fields(record.open_part)
        return Fact(
            tenant.id, tenant.issuer, str(record.segment_id), record.seq, record.at, record.event, said, personal
        )

    async def _sent(
        self, tenant: Tenant, to: Destination, facts: Sequence[Fact], secret: Secret | None
    ) -> tuple[int, Failure | None]:
        """Send *facts*; where the receiver refuses what is in them, find out which by halving, and pass over those."""
        if not facts:
            return 0, None
        failure = await self._parts.send(to, Batch(tenant.slug, facts), secret)
        kind = to.document.kind
        if failure is None:
            self._parts.observer.sent(kind, "delivered", len(facts))
            return len(facts), None
        if not failure.is_content:
            self._parts.observer.sent(kind, "failed", len(facts))
            return 0, failure
        if len(facts) == 1:
            await self._buried(tenant, to, facts[0], failure)
            return 0, None
        done = 0
        middle = len(facts) // 2
        for part in (facts[:middle], facts[middle:]):
            more, failure = await self._sent(tenant, to, part, secret)
            done += more
            if failure is not None:
                return done, failure
        return done, None

    async def _buried(self, tenant: Tenant, to: Destination, fact: Fact, failure: Failure) -> None:
        self._parts.observer.sent(to.document.kind, "dead", 1)
        _log.warning("audit_stream.dead", destination=to.id, record=fact.id, code=failure.code)
        async with self._parts.begin(tenant.id) as unit:
            letter = DeadLetter(fact.segment, fact.seq, self._parts.clock.now(), failure.code)
            await unit.audit_destinations.bury(to.id, letter)

    async def _advanced(self, tenant: Tenant, to: Destination, end: Head) -> Destination:
        well = replace(to, failures=0, error="", retry_at=0, failing_since=0, delivered_at=self._parts.clock.now())
        async with self._parts.begin(tenant.id) as unit:
            await unit.audit_destinations.advance(to.id, str(end.segment_id), end.next_seq)
            if to.failures or well.delivered_at - to.delivered_at > MINUTE:
                await unit.audit_destinations.fared(well)
                return well
        return to

    async def _failed(self, tenant: Tenant, to: Destination, failure: Failure) -> None:
        now, failures = self._parts.clock.now(), to.failures + 1
        wait = back_off(failures, _FIRST, _LONGEST, self._parts.entropy)
        fared = replace(
            to,
            failures=failures,
            error=failure.code[:64],
            retry_at=now + wait,
            failing_since=to.failing_since or now,
        )
        async with self._parts.begin(tenant.id) as unit:
            await unit.audit_destinations.fared(fared)
        _log.warning("audit_stream.failed", destination=to.id, failures=failures, code=failure.code)

    async def _lag(self, tenant: Tenant, to: Destination) -> float:
        """Return how many seconds ago the oldest record was written that waits for *to*."""
        async with self._parts.reading(tenant.id) as unit:
            firsts = [
                await unit.audit_destinations.records(str(head.segment_id), start, 1)
                for head, start in await self._behind(unit, to)
            ]
        oldest = min((found[0].at for found in firsts if found), default=None)
        return 0.0 if oldest is None else max(0.0, (self._parts.clock.now() - oldest) / SECOND)


def _wanted(to: Destination, record: AuditRecord) -> bool:
    return to.document.wants(record.event) and (to.document.frequent or record.event not in FREQUENT)
