"""The registry of tenants: the one store that spans them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from limen.identity.tenants.records import Tenant, TenantSettings
from limen.kernel.ids import TenantId
from limen.storage.database import Database
from limen.storage.schema import tenants

_settings = msgspec.json.Decoder(TenantSettings)


class SqlTenants:
    """Implements :class:`limen.identity.tenants.store.TenantStore`; each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        """Keep the registry in *database*."""
        self._database = database

    async def get(self, tenant_id: TenantId) -> Tenant | None:
        """Return the tenant with this identifier."""
        return await self._find(tenants.c.id == tenant_id)

    async def find(self, slug: str) -> Tenant | None:
        """Return the tenant with this slug."""
        return await self._find(tenants.c.slug == slug)

    async def list(self, *, after: str, limit: int) -> list[Tenant]:
        """Return up to *limit* tenants behind *after*."""
        statement = select(tenants).where(tenants.c.id > after).order_by(tenants.c.id).limit(limit)
        async with self._database.platform() as connection:
            return [_tenant(row) for row in (await connection.execute(statement)).all()]

    async def add(self, tenant: Tenant) -> bool:
        """Store a new tenant; False if its slug, issuer or domain is taken."""
        try:
            async with self._writing() as connection:
                await connection.execute(insert(tenants).values(**_values(tenant)))
        except IntegrityError:
            return False
        return True

    async def update(self, tenant: Tenant, expected_version: int) -> bool:
        """Replace the tenant if its stored version is still *expected_version*. The issuer never changes."""
        values = _values(tenant)
        del values["issuer"]
        statement = update(tenants).where(tenants.c.id == tenant.id, tenants.c.version == expected_version)
        async with self._writing() as connection:
            return (await connection.execute(statement.values(**values))).rowcount > 0

    async def _find(self, condition: ColumnElement[bool]) -> Tenant | None:
        async with self._database.platform() as connection:
            row = (await connection.execute(select(tenants).where(condition))).first()
        return None if row is None else _tenant(row)

    @asynccontextmanager
    async def _writing(self) -> AsyncGenerator[AsyncConnection, None]:
        async with self._database.platform(write=True) as connection:
            yield connection


def _tenant(row: Row[Any]) -> Tenant:
    return Tenant(
        id=TenantId(row.id),
        slug=row.slug,
        issuer=row.issuer,
        name=row.name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        settings=_settings.decode(row.settings),
        custom_domain=row.custom_domain,
        version=row.version,
        disabled_at=row.disabled_at,
    )


def _values(tenant: Tenant) -> dict[str, Any]:
    values = {name: getattr(tenant, name) for name in Tenant.__slots__}
    return values | {"settings": msgspec.json.encode(tenant.settings).decode()}
