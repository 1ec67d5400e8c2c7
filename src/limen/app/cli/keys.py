"""``limen keys …``: signing keys, tenants' keys and the root key."""

import asyncio
import sys
from typing import Annotated, Final

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured, Refusal

_PAGES: Final = 5
_SHOWN: Final = 5


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
    """Give a tenant a new version of its key, which seals from ten minutes on. Older versions stay, to open.

    Its customers' keys are wrapped under it by `limen serve`, a few minutes later.
    """
    if not asyncio.run(_rotate_tenant(settings_from(config), slug)):
        raise Misconfigured(
            f"no new key for {slug}", "there is no such tenant, it is destroyed, or its newest key is minutes old"
        )
    print(f"{slug} has a new key; it seals in ten minutes.")  # noqa: T201


def rotate_customers(
    slug: Annotated[str, Parameter(help="The tenant's slug.")], /, *, config: ConfigFile = None
) -> None:
    """Give every customer of a tenant a new key. Stopped in between, `limen serve` goes on with it."""
    done = asyncio.run(_rotate_customers(settings_from(config), slug))
    print(f"{done} customers of {slug} have a new key. What was sealed before still opens.")  # noqa: T201


def rotate_customer(
    slug: Annotated[str, Parameter(help="The tenant's slug.")],
    customer: Annotated[str, Parameter(help="The customer's identifier, cus_….")],
    /,
    *,
    config: ConfigFile = None,
) -> None:
    """Give one customer a new key."""
    version = asyncio.run(_rotate_customer(settings_from(config), slug, customer))
    print(f"{customer} has a new key, version {version}. What was sealed before still opens.")  # noqa: T201


def progress(*, config: ConfigFile = None) -> None:
    """Show how far the rotations of tenants' and customers' keys are."""
    lines = asyncio.run(_progress(settings_from(config)))
    print("\n".join(lines) or "no rotation was ever begun")  # noqa: T201


def rotate_root(*, config: ConfigFile = None) -> None:
    """Make a new root key in the keyring file, and wrap the keys of all tenants under it."""
    old, new, moved = asyncio.run(_rotate_root(settings_from(config)))
    print(f"{new} is the root key; {moved} tenant keys are wrapped under it.")  # noqa: T201
    if old:
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
    from limen.app.basis import open_basis, tenant_named  # noqa: PLC0415
    from limen.app.jobs.upkeep import rotate_all, rotate_tenant  # noqa: PLC0415

    urgency = Urgency.COMPROMISED if is_urgent else Urgency.SOON
    async with open_basis(settings) as basis:
        if not slug:
            return await rotate_all(basis, urgency)
        tenant = await tenant_named(basis, slug)
        return await rotate_tenant(basis, tenant, urgency)


async def _rotate_tenant(settings: Settings, slug: str) -> bool:
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.jobs.rotation import rotations  # noqa: PLC0415
    from limen.identity.administrators import SYSTEM  # noqa: PLC0415
    from limen.identity.keyring.rotation import RotationKind  # noqa: PLC0415

    async with open_basis(settings) as basis:
        tenant = await basis.storage.tenants.find(slug)
        if tenant is None:
            return False
        return not isinstance(await rotations(basis, tenant.id).begin(RotationKind.TENANT, SYSTEM), Refusal)


async def _rotate_customers(settings: Settings, slug: str) -> int:
    from limen.app.basis import open_basis, tenant_named  # noqa: PLC0415
    from limen.app.jobs.rotation import rotations  # noqa: PLC0415
    from limen.identity.administrators import SYSTEM  # noqa: PLC0415
    from limen.identity.keyring.rotate import described  # noqa: PLC0415
    from limen.identity.keyring.rotation import RotationKind  # noqa: PLC0415

    async with open_basis(settings) as basis:
        tenant = await tenant_named(basis, slug)
        use = rotations(basis, tenant.id)
        begun = await use.begin(RotationKind.CUSTOMERS, SYSTEM)
        if isinstance(begun, Refusal) and begun.code != "rotation_running":
            raise Misconfigured(f"no rotation of {slug}: {begun.code}", begun.detail)
        while left := [one for one in await use.advance(_PAGES) if one.kind is RotationKind.CUSTOMERS]:
            print(described(left[0]), file=sys.stderr)  # noqa: T201
            await basis.clock.sleep(0.2)
        return next(one.done for one in await use.list() if one.kind is RotationKind.CUSTOMERS)


async def _rotate_customer(settings: Settings, slug: str, customer: str) -> int:
    from limen.app.basis import open_basis, tenant_named  # noqa: PLC0415
    from limen.app.jobs.rotation import rotations  # noqa: PLC0415
    from limen.identity.administrators import SYSTEM  # noqa: PLC0415

    async with open_basis(settings) as basis:
        tenant = await tenant_named(basis, slug)
        version = await rotations(basis, tenant.id).rotate_customer(customer, SYSTEM)
        if isinstance(version, Refusal):
            raise Misconfigured(f"no new key for {customer}: {version.code}", "name a customer of the tenant: cus_…")
        return version


async def _progress(settings: Settings) -> list[str]:
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.jobs.rotation import rotations  # noqa: PLC0415
    from limen.app.jobs.upkeep import all_tenants  # noqa: PLC0415
    from limen.identity.keyring.rotate import described  # noqa: PLC0415

    lines: list[str] = []
    async with open_basis(settings) as basis:
        async for tenant in all_tenants(basis.storage):
            found = await rotations(basis, tenant.id).list()
            lines += [f"{tenant.slug} {described(one)}" for one in found[:_SHOWN]]
    return lines


async def _rotate_root(settings: Settings) -> tuple[str, str, int]:
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.rootkeys import rotate_root_key  # noqa: PLC0415

    async with open_basis(settings, is_probed=False) as basis:  # a token may have no key yet
        old = basis.root.key_id if basis.kms is None else ""
        outcome = await rotate_root_key(basis)
        if isinstance(outcome, Refusal):
            raise Misconfigured("the root key comes from LIMEN_ROOT_KEY", outcome.detail)
        return old, basis.root.key_id, outcome


async def _destroy_root(settings: Settings, name: str) -> None:
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.rootkeys import destroy_root_key  # noqa: PLC0415

    async with open_basis(settings) as basis:
        outcome = await destroy_root_key(basis, name)
    if outcome is not None:
        raise Misconfigured(
            f"{name} stays: {outcome.code}", outcome.detail or "a root key goes ten minutes after it was retired"
        )
