"""What the audit logs say of how they are looked after. No key is needed, so nothing is verified here."""

from typing import Final

from limen.app.doctor.findings import Finding, weak, wrong
from limen.identity.audit.verify import VERIFIED
from limen.identity.tenants.records import Tenant
from limen.integration.streaming.manage import MOST
from limen.kernel.clock import DAY, MINUTE, Instant
from limen.storage.database import Database
from limen.storage.ledger import SqlLedger
from limen.storage.tenants import SqlTenants

_UNSIGNED_FOR: Final[Instant] = 5 * MINUTE
"""``limen serve`` signs each second what it wrote, and each minute what another left behind."""
_FAILING_FOR: Final[Instant] = 5 * MINUTE
_UNVERIFIED_FOR: Final[Instant] = 35 * DAY
_NAMED: Final = 3


async def audit_findings(database: Database) -> list[Finding]:
    """Return what is weak: logs that nobody signs, and logs that nobody ever verified or not for long."""
    now = database.clock.now()
    unsigned: list[str] = []
    unverified: list[str] = []
    failing: list[str] = []
    after = ""
    while page := await SqlTenants(database).list(after=after, limit=200):
        for tenant in page:
            ledger = SqlLedger(database, tenant.id)
            since = await ledger.unsigned_since()
            if since is not None and now - since > _UNSIGNED_FOR:
                unsigned.append(f"{tenant.slug} ({(now - since) // MINUTE} minutes)")
            if await _is_unverified(ledger, tenant, now):
                unverified.append(tenant.slug)
            failing += await _failing(database, tenant, now)
        after = page[-1].id
    to_sign = "see that limen serve runs and logs no audit.records_lost; then: limen audit verify"
    return [
        *_finding("no checkpoint covers the newest audit records of", unsigned, to_sign),
        *_failing_findings(failing),
        *_finding("nobody ever verified, or not for 35 days, the audit log of", unverified, "limen audit verify"),
    ]


async def _is_unverified(ledger: SqlLedger, tenant: Tenant, now: Instant) -> bool:
    """Tell whether the log is due; on a tenant's first day nothing is."""
    last = await ledger.latest(VERIFIED, tenant.id)
    return now - tenant.created_at > DAY if last is None else now - last > _UNVERIFIED_FOR


async def _failing(database: Database, tenant: Tenant, now: Instant) -> list[str]:
    """Return the destinations of the audit stream that have taken nothing for a while, with the reason."""
    async with database.read(tenant.id) as unit:
        found = await unit.audit_destinations.list(after="", limit=MOST)
    return [
        f"{tenant.slug}/{one.document.name} ({one.error}, {(now - one.failing_since) // MINUTE} minutes)"
        for one in found
        if one.document.enabled and one.failing_since and now - one.failing_since > _FAILING_FOR
    ]


def _failing_findings(failing: list[str]) -> list[Finding]:
    if not failing:
        return []
    more = f" and {len(failing) - _NAMED} more" if len(failing) > _NAMED else ""
    words = f"audit records wait for {', '.join(failing[:_NAMED])}{more}"
    return [wrong(words, "the API's test of a destination says what is wrong now")]


def _finding(words: str, slugs: list[str], hint: str) -> list[Finding]:
    if not slugs:
        return []
    more = f" and {len(slugs) - _NAMED} more" if len(slugs) > _NAMED else ""
    return [weak(f"{words} {', '.join(slugs[:_NAMED])}{more}", hint)]
