"""``limen admin create``."""

import asyncio
from typing import Annotated, Final

from cyclopts import Parameter

from limen.app.basis import Basis, default_tenant, open_basis
from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.experience.pages.administration import FIRST_ADMINISTRATOR
from limen.identity.tenants.records import DEFAULT_SLUG, Tenant
from limen.kernel.clock import HOUR
from limen.kernel.encoding import sha256
from limen.kernel.entropy import random_token
from limen.kernel.errors import Misconfigured
from limen.kernel.events import AuditEntry

LINK_LIFE: Final = 24 * HOUR


def create(
    *,
    tenant: Annotated[str, Parameter(help="The tenant's slug.")] = DEFAULT_SLUG,
    config: ConfigFile = None,
) -> None:
    """Print a link that makes an administrator. It works once, for a day; only its hash is stored."""
    settings = settings_from(config)
    print(asyncio.run(_create(settings, tenant)))  # noqa: T201


async def _create(settings: Settings, slug: str) -> str:
    async with open_basis(settings) as basis:
        platform = await default_tenant(basis)
        tenant = platform if slug == DEFAULT_SLUG else await basis.storage.tenants.find(slug)
        if tenant is None:
            raise Misconfigured(f"there is no tenant {slug}", "see its slug in the administration API")
        return await setup_link(basis, tenant)


async def setup_link(basis: Basis, tenant: Tenant) -> str:
    """Store a fresh one-time link by its hash and return its URL."""
    token = random_token(basis.entropy)
    async with basis.storage.database.begin(tenant.id) as unit:
        await unit.setup_links.add(sha256(token.encode()), FIRST_ADMINISTRATOR, basis.clock.now() + LINK_LIFE)
        unit.record(AuditEntry("setup_link.made", data={"purpose": FIRST_ADMINISTRATOR}))
    return f"{tenant.issuer}/setup/{token}"
