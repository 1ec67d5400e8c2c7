"""A migrated database with two tenants, opened as the application opens it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zlib import crc32

import asyncpg
import pytest

from limen.identity.audit.chain import AuditRecord, first_break
from limen.identity.tenants.records import Tenant
from limen.kernel.ids import TenantId
from limen.storage.database import open_dialect
from limen.storage.hot.store import TenantHotTokens
from limen.storage.opening import Storage, open_storage
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy

on_postgres = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class World:
    """The opened storage, its clock, and two tenants of it."""

    storage: Storage
    clock: ManualClock
    entropy: SeededEntropy
    url: str
    keys_url: str
    a: TenantId
    b: TenantId

    @property
    def is_postgres(self) -> bool:
        return self.url.startswith("postgres")

    @property
    def hot(self) -> TenantHotTokens:
        """Tenant A's hot doors."""
        return self.storage.hot_for(self.a)

    def begin(self, tenant_id=None):
        return self.storage.database.begin(tenant_id or self.a)

    def passing(self, tenant_id=None):
        return self.storage.database.passing(tenant_id or self.a)

    def read(self, tenant_id=None):
        return self.storage.database.read(tenant_id or self.a)

    async def audit(self, tenant_id=None) -> list[list[AuditRecord]]:
        """Every segment of a tenant, after seeing that each verifies."""
        async with self.read(tenant_id) as unit:
            segments = [await unit.audit_log.segment(head.segment_id) for head in await unit.audit_log.heads()]
        assert [first_break(segment) for segment in segments] == [None] * len(segments)
        return segments

    async def events(self, tenant_id=None) -> list[str]:
        """The names of what was recorded, segments' openings left out, in order of time."""
        records = [record for segment in await self.audit(tenant_id) for record in segment[1:]]
        return [record.event for record in sorted(records, key=lambda record: record.at)]

    async def another(self, worker: str = "w2") -> Storage:
        """Open the same database once more, as a second worker would."""
        return await open_another(self.url, self.keys_url, worker, self.clock, SeededEntropy(crc32(worker.encode())))


async def open_another(url, keys_url, worker, clock, entropy) -> Storage:
    return await open_storage(
        database_url=url,
        keystore_url=keys_url,
        token_database_url=None,
        worker=worker,
        clock=clock,
        entropy=entropy,
    )


async def add_tenant(storage: Storage, slug: str, clock, entropy) -> TenantId:
    tenant_id = TenantId.new(clock, entropy)
    now = clock.now()
    assert await storage.tenants.add(Tenant(tenant_id, slug, f"https://id.example/t/{slug}", slug.title(), now, now))
    return tenant_id


async def migrated(url: str) -> None:
    from limen.storage.migrations import migrate  # noqa: PLC0415  # with Alembic, which processes to be killed spare

    dialect = open_dialect(url, role=None)
    await migrate(dialect)
    await dialect.engine.dispose()


async def migrated_keys(url: str) -> None:
    from limen.storage.migrations import migrate_keystore  # noqa: PLC0415  # as above

    dialect = open_dialect(url, role=None)
    await migrate_keystore(dialect)
    await dialect.engine.dispose()


def build(url: str) -> None:
    asyncio.run(migrated(url))


def build_keys(url: str) -> None:
    asyncio.run(migrated_keys(url))


def file_of(url: str) -> Path:
    return Path(url.partition(":///")[2])


async def connect(url: str, role: str | None = None, tenant: str | None = None) -> asyncpg.Connection:
    """A bare connection to PostgreSQL, as *role*, confined to *tenant*."""
    settings = ({"role": role} if role else {}) | ({"limen.tenant": str(tenant)} if tenant else {})
    return await asyncpg.connect(url, server_settings=settings)


def database_name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")
