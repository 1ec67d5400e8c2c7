"""``limen keys …``: signing keys, tenants' keys and the root key."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured, Refusal


def rotate(
    *,
    urgent: Annotated[
        bool, Parameter(help="A key is compromised: replace all at once. Every token signed so far stops verifying.")
    ] = False,
    tenant: Annotated[str, Parameter(help="The slug of one tenant; all of them unless given.")] = "",
    config: ConfigFile = None,
) -> None:
    """Rotate signing keys: successors are published now and take over when the tenant's settings say, after a day."""
    changed = asyncio.run(_rotate(settings_from(config), tenant, is_urgent=urgent))
    print(f"{changed} signing keys changed.")  # noqa: T201


def rotate_tenant(slug: Annotated[str, Parameter(help="The tenant's slug.")], /, *, config: ConfigFile = None) -> None:
    """Give a tenant a new version of its key, which seals from ten minutes on. Older versions stay, to open."""
    if not asyncio.run(_rotate_tenant(settings_from(config), slug)):
        raise Misconfigured(
            f"no new key for {slug}", "there is no such tenant, it is destroyed, or its newest key is minutes old"
        )
    print(f"{slug} has a new key; it seals in ten minutes.")  # noqa: T201


def rotate_root(*, config: ConfigFile = None) -> None:
    """Make a new root key in the keyring file, and wrap the keys of all tenants under it."""
    old, new, moved = asyncio.run(_rotate_root(settings_from(config)))
    print(f"{new} is the root key; {moved} tenant keys are wrapped under it.")  # noqa: T201
    print(f"Put it into the backup of the root key; then, in ten minutes: limen keys destroy-root {old}")  # noqa: T201


def destroy_root(
    name: Annotated[str, Parameter(help="A retired root key, as rotate-root named it.")],
    /,
    *,
    config: ConfigFile = None,
) -> None:
    """Destroy a retired root key. Backups of the key store from before the rotation cannot be read without it."""
    asyncio.run(_destroy_root(settings_from(config), name))
    print(f"{name} is gone.")  # noqa: T201


async def _rotate(settings: Settings, slug: str, *, is_urgent: bool) -> int:
    from limen.access.jose.rotation import Urgency  # noqa: PLC0415
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.jobs.upkeep import rotate_all, rotate_tenant  # noqa: PLC0415

    urgency = Urgency.COMPROMISED if is_urgent else Urgency.SOON
    async with open_basis(settings) as basis:
        if not slug:
            return await rotate_all(basis, urgency)
        tenant = await basis.storage.tenants.find(slug)
        if tenant is None:
            raise Misconfigured(f"there is no tenant {slug}", "name a tenant's slug")
        return await rotate_tenant(basis, tenant, urgency)


async def _rotate_tenant(settings: Settings, slug: str) -> int:
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.jobs.upkeep import rotate_tenant_keys  # noqa: PLC0415

    async with open_basis(settings) as basis:
        return await rotate_tenant_keys(basis, slug)


async def _rotate_root(settings: Settings) -> tuple[str, str, int]:
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.rootkeys import rotate_root_key  # noqa: PLC0415

    async with open_basis(settings) as basis:
        old = basis.wrapper.key_id
        outcome = await rotate_root_key(basis)
        if isinstance(outcome, Refusal):
            raise Misconfigured("the root key comes from LIMEN_ROOT_KEY", outcome.detail)
        return old, basis.wrapper.key_id, outcome


async def _destroy_root(settings: Settings, name: str) -> None:
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.rootkeys import destroy_root_key  # noqa: PLC0415

    async with open_basis(settings) as basis:
        outcome = await destroy_root_key(basis, name)
    if outcome is not None:
        raise Misconfigured(
            f"{name} stays: {outcome.code}", outcome.detail or "a root key goes ten minutes after it was retired"
        )
