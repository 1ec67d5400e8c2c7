"""``limen tenant destroy`` and ``limen tenant migration-secret``."""

import asyncio
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured, Refusal


def destroy(
    slug: Annotated[str, Parameter(help="The tenant's slug.")],
    /,
    *,
    yes: Annotated[bool, Parameter(help="Do it: there is no way back.", negative="")] = False,
    config: ConfigFile = None,
) -> None:
    """Disable a tenant and destroy every key of it and of its customers. Nothing that they sealed can be read again."""
    settings = settings_from(config)
    if not yes:
        raise Misconfigured(
            f"this destroys the keys of {slug} and of all its customers, for good", "say it again with --yes"
        )
    gone = asyncio.run(_destroy(settings, slug))
    print(f"{slug} is destroyed, and {gone} keys of its customers and journeys with it.")  # noqa: T201


def migration_secret(
    slug: Annotated[str, Parameter(help="The tenant's slug.")], /, *, config: ConfigFile = None
) -> None:
    """Show the secret by which a tenant's old system knows our questions. It follows from the tenant's key."""
    print(asyncio.run(_migration_secret(settings_from(config), slug)))  # noqa: T201


async def _migration_secret(settings: Settings, slug: str) -> str:
    from base64 import b64encode  # noqa: PLC0415

    from limen.access.journeys.migration import HOOK_KEY  # noqa: PLC0415
    from limen.app.basis import open_basis  # noqa: PLC0415

    async with open_basis(settings) as basis:
        tenant = await basis.storage.tenants.find(slug)
        vault = await basis.keyring.held_tenant(tenant.id) if tenant is not None else None
    if vault is None:
        raise Misconfigured(f"there is no tenant {slug}", "limen apply makes tenants")
    return "whsec_" + b64encode(vault.derive(HOOK_KEY)).decode()


async def _destroy(settings: Settings, slug: str) -> int:
    from limen.app.basis import default_tenant, open_basis, tenancy  # noqa: PLC0415
    from limen.app.jobs.checkpoints import Basics, close_log  # noqa: PLC0415
    from limen.identity.administrators import SYSTEM  # noqa: PLC0415

    async with open_basis(settings) as basis:
        basics = Basics(basis.storage, basis.keyring, basis.clock)
        tenants = tenancy(basis, await default_tenant(basis))
        outcome = await tenants.end(slug, SYSTEM, partial(close_log, basics=basics))
    if not isinstance(outcome, Refusal):
        return outcome
    raise Misconfigured(f"{slug} cannot be destroyed: {outcome.code}", outcome.detail or "limen apply makes tenants")
