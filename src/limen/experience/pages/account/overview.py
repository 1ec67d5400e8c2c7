"""The first page: who this is, and what needs attention."""

from limen.experience.pages.account.look import Look, Shown
from limen.experience.pages.waiting import waiting_in


async def show(look: Look) -> Shown:
    """Return the customer, and whether requests wait for an answer."""
    has_waiting = bool(await waiting_in(look.visit, look.unit, look.accounts))
    return {"approve_url": f"{look.visit.prefix}/approve" if has_waiting else None}
