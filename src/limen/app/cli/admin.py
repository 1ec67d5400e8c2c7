"""``limen admin create``."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from limen.app.administrators import appoint, setup_link
from limen.app.basis import default_tenant, open_basis, tenant_named
from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.identity.tenants.records import DEFAULT_SLUG
from limen.kernel.errors import Misconfigured, Refusal


def create(
    *,
    email: Annotated[
        str | None, Parameter(help="Make whoever has this address an administrator, in place of a link.")
    ] = None,
    tenant: Annotated[str, Parameter(help="The tenant's slug; administrators of the default one govern all.")] = (
        DEFAULT_SLUG
    ),
    config: ConfigFile = None,
) -> None:
    """Print a link that makes an administrator: it works once, for a day, and only its hash is stored."""
    print(asyncio.run(_create(settings_from(config), tenant, email)))  # noqa: T201


async def _create(settings: Settings, slug: str, email: str | None) -> str:
    async with open_basis(settings) as basis:
        await default_tenant(basis)
        tenant = await tenant_named(basis, slug)
        if email is None:
            return await setup_link(basis, tenant)
        role = await appoint(basis, tenant, email)
        if isinstance(role, Refusal):
            raise Misconfigured(f"that is no address we can use: {role.code}", "local@domain")
        return f"Appointed ({role.value}). A password is set at {tenant.issuer}/recover."
