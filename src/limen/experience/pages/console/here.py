"""Who administers at this browser, and still does where something is written."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps

from limen.access.http import HotResponse
from limen.access.journeys.context import Account
from limen.experience.pages.accounts import accounts_here, sign_in_first
from limen.experience.pages.errors import refused
from limen.experience.pages.standing import EndedError, standing
from limen.experience.pages.visit import Visit
from limen.identity.administrators import SCOPES, Actor, Role, scopes_of
from limen.kernel.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Administering:
    """An administrator who is signed in, and as whom the audit log knows what they do."""

    account: Account
    role: str
    actor: Actor


def administered(
    page: Callable[[Visit, Administering], Awaitable[HotResponse]],
) -> Callable[[Visit], Awaitable[HotResponse]]:
    """Return *page* for whoever administers here; whoever does not gets one that says what is to be done first.

    Nothing is written once they are signed out, disabled, or have another role or none: they are sent to the page
    again, and get there what is theirs then.
    """

    @wraps(page)
    async def handle(visit: Visit) -> HotResponse:
        who = await _administering(visit)
        if isinstance(who, HotResponse):
            return who
        try:
            return await page(standing(visit, who.account, who.role), who)
        except EndedError:
            return visit.go(visit.path)

    return handle


async def _administering(visit: Visit) -> Administering | HotResponse:
    found = await accounts_here(visit)
    if not found:
        return await sign_in_first(visit)
    who = found[0]
    async with visit.parts.read(visit.journey_parts.tenant_id) as unit:
        role = await unit.administrators.role(who.customer.id)
    if role is None:
        return refused(visit, Forbidden("forbidden", "not an administrator"))
    scopes = scopes_of(SCOPES, is_platform=role == Role.PLATFORM)
    return Administering(who, role, Actor(f"admin:{who.customer.id}", visit.context.request_id, scopes))
