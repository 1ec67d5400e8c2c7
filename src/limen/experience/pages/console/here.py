"""Who administers at this browser."""

from dataclasses import dataclass

from starlette.responses import Response

from limen.access.journeys.context import Account
from limen.experience.pages.accounts import accounts_here, sign_in_first
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import Visit
from limen.identity.administrators import SCOPES, Actor, Role, scopes_of
from limen.kernel.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Administering:
    """An administrator who is signed in, and as whom the audit log knows what they do."""

    account: Account
    role: str
    actor: Actor


async def administering(visit: Visit) -> Administering | Response:
    """Return who administers here; else the page that says what is to be done first, or that nothing is."""
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
