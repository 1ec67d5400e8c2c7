"""Where works of the vault are measured: databases of their own, migrated, with one tenant."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped, unused-ignore]

from bench import postgres
from bench.figures import Figure
from bench.workbench import Workbench
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import SystemClock
from limen.kernel.entropy import SystemEntropy
from limen.kernel.ids import TenantId
from limen.storage.database import open_dialect
from limen.storage.migrations import migrate, migrate_keystore
from limen.storage.opening import Storage, open_storage

_BUFFERS: Final = "1GB"
"""The default of 128 MB is for small machines; PostgreSQL's manual begins with a quarter of the memory (§19.4.1)."""
TENANT: Final = TenantId("ten_00000000000000000000bench1")


def at_most(name: str, value: float, bar: float | None, detail: dict[str, Any]) -> Figure:
    """Return a figure without a peer, which should be at most *bar*."""
    return Figure(name, value, bar=bar, lower_is_better=True, has_peer=False, detail=detail)


@dataclass(slots=True)
class Vault:
    """The run's PostgreSQL, started and filled with one tenant when it is first asked for."""

    bench: Workbench
    durability: dict[str, str] = field(default_factory=dict)
    _databases: postgres.Databases | None = None

    @property
    def databases(self) -> postgres.Databases:
        """Return the URLs of a migrated database and key store, as their owner."""
        if self._databases is None:
            self._databases = databases = postgres.start(self.bench, _BUFFERS)
            self.durability["postgres"] = ", ".join(f"{name}={value}" for name, value in databases.settings.items())
            asyncio.run(_prepare(databases))
            asyncio.run(_roomy(databases.data_url))
        return self._databases

    def renew(self) -> None:
        """Have the next work begin with empty databases, whose every index stands."""
        if self._databases is not None:
            self._databases = databases = postgres.fresh(self._databases.data_url)
            asyncio.run(_prepare(databases))

    def beside(self) -> "Vault":
        """Return another one, empty, on the same server: what is measured in turns in both had the same weather."""
        databases = postgres.fresh(self.databases.data_url, beside="_beside")
        asyncio.run(_prepare(databases))
        return Vault(self.bench, self.durability, databases)

    @asynccontextmanager
    async def storage(self) -> AsyncIterator[Storage]:
        """Open the database as the application does: in its role, under row-level security."""
        storage = await _open(self.databases)
        try:
            yield storage
        finally:
            await storage.close()


async def _roomy(url: str) -> None:
    """Let a fill of a gigabyte go by without checkpoints in between, where the server lets us say so."""
    owner = await asyncpg.connect(url)
    try:
        await owner.execute("ALTER SYSTEM SET max_wal_size = '6GB'")
        await owner.execute("SELECT pg_reload_conf()")
    except asyncpg.InsufficientPrivilegeError:
        pass
    finally:
        await owner.close()


async def _prepare(databases: postgres.Databases) -> None:
    for url, make in ((databases.data_url, migrate), (databases.keystore_url, migrate_keystore)):
        dialect = open_dialect(url)
        await make(dialect)
        await dialect.close()
        await dialect.engine.dispose()
    storage = await _open(databases)
    now = storage.database.clock.now()
    await storage.tenants.add(Tenant(TENANT, "default", "https://id.example", "Bench", now, now))
    await storage.close()


async def _open(databases: postgres.Databases) -> Storage:
    return await open_storage(
        database_url=databases.data_url,
        keystore_url=databases.keystore_url,
        token_database_url=None,
        worker="bench",
        clock=SystemClock(),
        entropy=SystemEntropy(),
    )
