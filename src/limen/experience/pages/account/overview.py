"""The first page: what needs attention, and each further page in a line."""

from limen.access.account.devices import sessions_of
from limen.access.factors.records import second_steps
from limen.experience.pages.account.look import Look, Shown
from limen.experience.pages.account.owner import parts_of
from limen.experience.pages.waiting import waiting_in


async def show(look: Look) -> Shown:
    """Return how things stand, and whether requests wait for an answer."""
    visit, customer = look.visit, look.account.customer
    has_waiting = bool(await waiting_in(visit, look.unit, look.accounts))
    sessions = await sessions_of(parts_of(visit), look.unit, customer)
    return {
        "approve_url": f"{visit.prefix}/approve" if has_waiting else None,
        "is_protected": bool(second_steps(await look.factors())),
        "devices": len(sessions),
        "applications": len(await look.unit.account.parties(customer.id)),
        "proven_at": look.account.session.authenticated_at,
    }
