"""``limen customer sign-out`` and ``limen customer erase-again``."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from limen.app.administrators import administration, find
from limen.app.basis import default_tenant, open_basis, tenant_named
from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.identity.administrators import SYSTEM
from limen.identity.customers.addresses import parse_email
from limen.identity.tenants.records import DEFAULT_SLUG
from limen.kernel.errors import Misconfigured, Refusal
from limen.kernel.ids import CustomerId


def sign_out(
    who: Annotated[str, Parameter(help="An identifier (cus_...) or an address.")],
    /,
    *,
    tenant: Annotated[str, Parameter(help="The tenant's slug.")] = DEFAULT_SLUG,
    config: ConfigFile = None,
) -> None:
    """End every session and token of a customer, everywhere, within a second; tell the applications that listen."""
    asyncio.run(_sign_out(settings_from(config), tenant, who))
    print("Signed out everywhere.")  # noqa: T201


def erase_again(
    *,
    tenant: Annotated[str, Parameter(name="--tenant", help="The tenant's slug.")] = DEFAULT_SLUG,
    yes: Annotated[bool, Parameter(name="--yes", negative="", help="Erase them; without it they are counted.")] = False,
    config: ConfigFile = None,
) -> None:
    """After a restore of the data: erase anew everybody whose key is gone, who was erased since the backup was made."""
    found, erased = asyncio.run(_erase_again(settings_from(config), tenant, yes=yes))
    print(f"{found} without a key, {erased} erased again.")  # noqa: T201


async def _erase_again(settings: Settings, slug: str, *, yes: bool) -> tuple[int, int]:
    from limen.app import restoring  # noqa: PLC0415

    async with open_basis(settings) as basis:
        found = await tenant_named(basis, slug)
        gone = await restoring.without_a_key(basis, found)
        return len(gone), await restoring.erase_again(basis, found, gone) if yes else 0


async def _sign_out(settings: Settings, slug: str, who: str) -> None:
    async with open_basis(settings) as basis:
        await default_tenant(basis)
        tenant = await tenant_named(basis, slug)
        customer_id: CustomerId | None = None
        if who.startswith(f"{CustomerId.prefix}_"):
            customer_id = CustomerId(who)
        else:
            address = parse_email(who)
            customer_id = None if isinstance(address, Refusal) else await find(basis, tenant, address)
        if customer_id is None:
            raise Misconfigured(f"{slug} has no such customer", "an address, or an identifier as the API shows it")
        outcome = await administration(basis, tenant).sign_out_everywhere(customer_id, SYSTEM)
        if isinstance(outcome, Refusal):
            raise Misconfigured(f"{slug} has no such customer: {outcome.code}", "an identifier as the API shows it")
