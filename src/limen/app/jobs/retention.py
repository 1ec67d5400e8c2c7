"""Audit logs kept for as long as their tenants say, and no longer.

First the signed pruning is stored, with a record that tells of it, then what it takes is deleted in batches: stopped
anywhere, the next run goes on. A log that has lost something else is left as it is, for whoever finds out what.
"""

from dataclasses import replace

from limen.app.basis import Basis
from limen.app.jobs.checkpoints import ledger_key
from limen.app.jobs.upkeep import all_tenants
from limen.identity.audit.chain import Head
from limen.identity.audit.pruning import Floor, Pruned, Pruning, covered, next_pruning, pruning_bytes, pruning_digest
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import DAY, Instant
from limen.kernel.events import AuditEntry
from limen.storage.pruning import prune
from limen.storage.unit import Unit

PRUNED = "audit.pruned"
"""The audit event that tells how many segments lost their beginnings, and by which pruning."""


async def keep_audit_logs(basis: Basis) -> int:
    """Prune the log of every tenant that has a retention; return how many records went."""
    gone = 0
    async for tenant in all_tenants(basis.storage):
        if tenant.settings.audit.retention_days and await basis.keyring.held_tenant(tenant.id) is not None:
            gone += await prune_tenant(basis, tenant)
    return gone


async def prune_tenant(basis: Basis, tenant: Tenant) -> int:
    """Prune one tenant's log; return how many records went."""
    gone = await _deleted(basis, tenant)  # what a run before this one left
    before = basis.clock.now() - tenant.settings.audit.retention_days * DAY
    key = await ledger_key(tenant.id, basis.storage, basis.keyring, basis.clock)
    async with basis.storage.database.begin(tenant.id) as unit:
        pruning = await _due(unit, tenant, before, basis.clock.now())
        if pruning is None:
            return gone
        named = replace(pruning, kid=key.kid)
        if not await unit.audit_log.add_pruning(replace(named, signature=key.sign(pruning_bytes(named)))):
            return gone  # another process was quicker
        unit.record(
            AuditEntry(
                PRUNED,
                subject=tenant.id,
                data={
                    "number": pruning.number,
                    "before": before,
                    "segments": len(pruning.listed()),
                    "digest": pruning_digest(pruning).hex(),
                },
            )
        )
    return gone + await _deleted(basis, tenant)


async def _deleted(basis: Basis, tenant: Tenant) -> int:
    gone = 0
    while some := await prune(basis.storage.database, tenant.id):
        gone += some
        await basis.clock.sleep(0)
    return gone


async def _due(unit: Unit, tenant: Tenant, before: Instant, now: Instant) -> Pruning | None:
    """Return the pruning that is due, unsigned; None where nothing is old enough, or something is missing."""
    log = unit.audit_log
    checkpoint = await log.last_checkpoint()
    if checkpoint is None:
        return None
    last, pruned = None, Pruned()
    while page := await log.prunings(last.number if last else 0, 1_000):
        for last in page:
            pruned.add(last)
    starts: list[Head] = []
    for end in await log.older(before):
        upto = covered(end, checkpoint)
        hashed = end.hash if upto == end.next_seq else await log.hash_at(end.segment_id, upto - 1)
        if upto > pruned.start(end).next_seq and hashed is not None:
            starts.append(Head(tenant.id, end.segment_id, upto, hashed))
    floor = await log.floor(before)
    if floor.number <= pruned.floor:
        floor = Floor(pruned.floor, pruned.floors[pruned.floor])
    if not starts and floor.number == pruned.floor:
        return None
    return next_pruning(last, before, starts, floor, (tenant.id, now))
