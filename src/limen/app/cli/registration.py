"""``limen registration token``."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured, Refusal


def token(
    slug: Annotated[str, Parameter(help="The tenant's slug.")],
    label: Annotated[str, Parameter(help="Whom it is for.")],
    /,
    *,
    hours: Annotated[int, Parameter(help="How long it is good.")] = 24,
    uses: Annotated[int, Parameter(help="How many clients it may register.")] = 1,
    config: ConfigFile = None,
) -> None:
    """Make an initial access token, with which clients register themselves (RFC 7591), and print it: once."""
    print(asyncio.run(_token(settings_from(config), slug, label, (hours, uses))))  # noqa: T201


async def _token(settings: Settings, slug: str, label: str, bounds: tuple[int, int]) -> str:
    from limen.access.clients.dynamic.initial import InitialTokenOffice  # noqa: PLC0415
    from limen.app.basis import open_basis, tenant_named  # noqa: PLC0415
    from limen.identity.administrators import SYSTEM  # noqa: PLC0415

    async with open_basis(settings) as basis:
        tenant = await tenant_named(basis, slug)
        database = basis.storage.database
        office = InitialTokenOffice(tenant.id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy)
        made = await office.create(label, SYSTEM, hours=bounds[0], uses=bounds[1])
    if isinstance(made, Refusal):
        raise Misconfigured(f"no token was made: {', '.join(made.fields)}", "1 to 8784 hours, 1 to 10000 uses")
    return made.text.reveal()
