"""``limen keys rotate``."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings


def rotate(
    *,
    urgent: Annotated[
        bool, Parameter(help="A key is compromised: replace all at once. Every token signed so far stops verifying.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Rotate the signing keys of all tenants: successors are published now and take over after a day."""
    changed = asyncio.run(_rotate(settings_from(config), is_urgent=urgent))
    print(f"{changed} signing keys changed.")  # noqa: T201


async def _rotate(settings: Settings, *, is_urgent: bool) -> int:
    from limen.access.jose.rotation import RotationPolicy, Urgency  # noqa: PLC0415
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.jobs.upkeep import rotate_all  # noqa: PLC0415

    urgency = Urgency.COMPROMISED if is_urgent else Urgency.SOON
    async with open_basis(settings) as basis:
        return await rotate_all(basis, RotationPolicy(), urgency)
