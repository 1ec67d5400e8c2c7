"""What the search indexes say: which have been building for longer than a walk takes."""

from typing import Final

from limen.app.doctor.findings import Finding, weak
from limen.identity.search.records import IndexState
from limen.kernel.clock import HOUR, Instant
from limen.storage.database import Database
from limen.storage.tenants import SqlTenants

_SLOW: Final[Instant] = HOUR


async def search_findings(database: Database) -> list[Finding]:
    """Return the indexes of active tenants that are still building, or not yet gone, an hour after they began to."""
    now, found, after = database.clock.now(), list[Finding](), ""
    while page := await SqlTenants(database).list(after=after, limit=200):
        for tenant in page:
            async with database.read(tenant.id) as unit:
                indexes = await unit.search.indexes() if tenant.is_active else []
            for index in indexes:
                if index.state is not IndexState.READY and now - index.since > _SLOW:
                    walked = f"{index.walked} of about {index.customers} customers"
                    words = f"the search index {index.field} of {tenant.slug} is still {index.state}: {walked}"
                    found.append(weak(words, "see that limen serve runs, and limen_job_runs of search-indexes"))
        after = page[-1].id
    return found
