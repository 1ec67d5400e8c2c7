"""Who is signed in at a browser, and sending whoever is not to do so."""

from limen.access.http import HotResponse
from limen.access.journeys.context import Account
from limen.access.journeys.dispatcher import Opened
from limen.access.journeys.facts import live_accounts
from limen.access.journeys.records import JourneyState, Path
from limen.experience.pages.visit import Visit


async def accounts_here(visit: Visit) -> tuple[Account, ...]:
    """Return who is signed in at this browser, newest proof first."""
    if visit.browser is None:
        return ()
    parts = visit.journey_parts
    async with parts.read(parts.tenant_id) as unit:
        return await live_accounts(parts, unit, visit.browser.id)


async def sign_in_first(visit: Visit) -> HotResponse:
    """Send whoever is not signed in to do so."""
    if visit.is_stripped:
        return visit.go(visit.path)
    begun = await visit.begin(JourneyState(path=Path.SIGN_IN))
    return visit.go(f"/journey/{begun.journey.id}") if isinstance(begun, Opened) else visit.go("/sign-in")
