"""What waits for the answer of who is signed in here (CIBA)."""

from limen.access.decoupled.answering import Asked, find
from limen.access.journeys.context import Account
from limen.experience.pages.parts import PageUnit
from limen.experience.pages.visit import Visit
from limen.kernel.errors import Refusal


async def waiting_for(visit: Visit, found: tuple[Account, ...]) -> list[Asked]:
    """Return what waits for the answer of one of these accounts, oldest first."""
    async with visit.parts.read(visit.journey_parts.tenant_id) as unit:
        return await waiting_in(visit, unit, found)


async def waiting_in(visit: Visit, unit: PageUnit, found: tuple[Account, ...]) -> list[Asked]:
    """Return the same, as *unit* sees it."""
    now = visit.journey_parts.clock.now()
    opened: list[Asked] = []
    for account in found:
        for row in await unit.waiting.of_customer(account.customer.id, now):
            asked = await find(unit, visit.desk, row.id)
            if not isinstance(asked, Refusal):
                opened.append(asked)
    return opened
