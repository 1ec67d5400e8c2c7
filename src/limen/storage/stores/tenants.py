"""The registry of tenants over one connection, so that a change of it shares a commit with its audit record."""

from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, select, update

from limen.identity.tenants.records import Tenant, TenantSettings
from limen.kernel.ids import TenantId
from limen.storage.schema.tenants import tenants
from limen.storage.statements import Connection, Statement, insert_unless_taken

_settings = msgspec.json.Decoder(TenantSettings)
_BY_ID = Statement(select(tenants).where(tenants.c.id == bindparam("tenant_id")))
_BY_SLUG = Statement(select(tenants).where(tenants.c.slug == bindparam("slug")))
_PAGE = Statement(
    select(tenants).where(tenants.c.id > bindparam("after")).order_by(tenants.c.id).limit(bindparam("at_most"))
)


class SqlTenantRegistry:
    """Implements :class:`limen.identity.tenants.store.TenantStore`."""

    def __init__(self, connection: Connection) -> None:
        """Speak over *connection*."""
        self._connection = connection

    async def get(self, tenant_id: TenantId) -> Tenant | None:
        """Return the tenant with this identifier."""
        return await self._found(_BY_ID, tenant_id=tenant_id)

    async def find(self, slug: str) -> Tenant | None:
        """Return the tenant with this slug."""
        return await self._found(_BY_SLUG, slug=slug)

    async def list(self, *, after: str, limit: int) -> list[Tenant]:
        """Return up to *limit* tenants behind *after*."""
        found = await self._connection.execute(_PAGE, {"after": after, "at_most": limit})
        return [_tenant(row) for row in found.all()]

    async def add(self, tenant: Tenant) -> bool:
        """Store a new tenant; False if its slug, issuer or domain is taken."""
        statement = insert_unless_taken(self._connection, tenants).values(**_values(tenant))
        return (await self._connection.execute(statement)).rowcount > 0

    async def update(self, tenant: Tenant, expected_version: int) -> bool:
        """Replace the tenant if its stored version is still *expected_version*. The issuer never changes."""
        values = _values(tenant)
        del values["issuer"]
        statement = update(tenants).where(tenants.c.id == tenant.id, tenants.c.version == expected_version)
        return (await self._connection.execute(statement.values(**values))).rowcount > 0

    async def _found(self, statement: Statement, **values: str) -> Tenant | None:
        row = (await self._connection.execute(statement, values)).first()
        return None if row is None else _tenant(row)


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
        destroyed_at=row.destroyed_at,
    )


def _values(tenant: Tenant) -> dict[str, Any]:
    values = {name: getattr(tenant, name) for name in Tenant.__slots__}
    return values | {"settings": msgspec.json.encode(tenant.settings).decode()}
