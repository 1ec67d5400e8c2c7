"""Which clients may ask without PKCE: somebody vouched for each of them, and may have forgotten."""

from typing import Final

from limen.app.doctor.findings import Finding, weak
from limen.app.doctor.guards import named
from limen.storage.database import Database
from limen.storage.tenants import SqlTenants

_MOST: Final = 1_000


async def client_findings(database: Database) -> list[Finding]:
    """Return what clients of active tenants do without."""
    found, after = list[Finding](), ""
    while page := await SqlTenants(database).list(after=after, limit=200):
        for tenant in page:
            async with database.read(tenant.id) as unit:
                ids = await unit.clients.without_pkce(limit=_MOST) if tenant.is_active else []
            if ids:
                words = f"require_pkce is off: a nonce alone guards codes, at {tenant.slug}: {named(ids)}"
                found.append(weak(words, "require_pkce = true once they send a code_challenge"))
        after = page[-1].id
    return found
