"""``limen risk …``: what other thresholds would have decided."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured

if TYPE_CHECKING:  # loaded by the command itself
    from limen.trust.risk.replay import Replayed

Threshold = Annotated[int | None, Parameter(help="In thousandths, 0 for never; as the tenant has it unless given.")]


def what_if(  # noqa: PLR0913 - an option for each that may be tried
    *,
    tenant: Annotated[str, Parameter(name="--tenant", help="The tenant's slug.")] = "default",
    notify: Threshold = None,
    challenge: Threshold = None,
    delay: Threshold = None,
    deny: Threshold = None,
    action: Annotated[
        Literal["", "sign_in", "refresh", "recovery", "factor_change", "sign_up"],
        Parameter(help="This action alone; all but sign-ups, whose thresholds are points, unless given."),
    ] = "",
    client: Annotated[str | None, Parameter(help="Decisions for this client_id alone.")] = None,
    days: Annotated[int, Parameter(help="How far back.")] = 30,
    most: Annotated[int, Parameter(help="So many of the newest decisions, 1,000,000 at the most.")] = 100_000,
    config: ConfigFile = None,
) -> None:
    """Replay past decisions under other thresholds; nothing changes."""
    tried = {"notify": notify, "challenge": challenge, "delay": delay, "deny": deny}
    given = {name: value for name, value in tried.items() if value is not None}
    if days < 1 or most < 1:
        raise Misconfigured("--days and --most are 1 at the least", "leave them out for 30 days and 100,000 decisions")
    found = asyncio.run(_replayed(settings_from(config), tenant, given, (action, client, days, most)))
    sys.stdout.write(_table(found))


async def _replayed(
    settings: Settings, slug: str, given: dict[str, int], narrowed: tuple[str, str | None, int, int]
) -> "Replayed":
    from limen.app.basis import open_basis, tenant_named  # noqa: PLC0415
    from limen.kernel.errors import Refusal  # noqa: PLC0415
    from limen.trust.risk.replay import WhatIf, replay, tried  # noqa: PLC0415

    action, client, days, most = narrowed
    async with open_basis(settings) as basis:
        tenant = await tenant_named(basis, slug)
        varied = tried(tenant.settings.risk, tenant.settings.sign_up, action, given)
        if isinstance(varied, Refusal):
            raise Misconfigured(
                f"{', '.join(varied.fields)}: out of bounds",
                "thresholds are thousandths, of sign-ups points, 0 to 1000; no challenge lies above a denial",
            )
        since = max(1, basis.clock.now() - timedelta(days=days) // timedelta(microseconds=1))
        asked = WhatIf(*varied, since, 0, action, client, most)
        return await replay(basis.storage.database.read, tenant.id, asked)


def _table(found: "Replayed") -> str:
    from limen.trust.risk.decide import OUTCOMES  # noqa: PLC0415
    from limen.trust.risk.replay import LADDER  # noqa: PLC0415

    if not found.decisions:
        return "no decisions in that time\n"
    lines = [f"{found.decisions:,} decisions from {_day(found.oldest)} to {_day(found.newest)}"]
    lines[0] += "" if found.is_whole else ", and older ones that were not read"
    lines += [
        f"{one:>10} {found.share(found.would[one]):6.2f} % would have been ({found.would[one]:,}); was"
        f" {found.was[one]:,}"
        for one in OUTCOMES
    ]
    lines.append(f"{len(found.disturbed):,} customers would have been challenged, delayed or denied")
    lines += [f"at {one:>3}: {found.share(found.reaching[one]):6.2f} % reach it" for one in LADDER]
    return "\n".join(lines) + "\n"


def _day(at: int) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at):%Y-%m-%d %H:%M}"
