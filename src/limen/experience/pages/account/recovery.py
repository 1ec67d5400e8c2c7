"""A recovery of this account that is under way, for whoever is signed in: seen, and stopped with one press."""

from limen.access.safety.waiting import Ender, cancel
from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn


async def show(look: Look) -> Shown:
    """Return when the recovery is ready, or was; None where there is none."""
    request = await look.unit.recoveries.open_of(look.account.customer.id)
    if request is None:
        return {"ready_at": None}
    return {"ready_at": look.now if request.is_ready else request.ready_at}


async def stop(turn: Turn) -> Taken:
    """End it."""
    visit, customer = turn.visit, turn.account.customer
    came = visit.context
    personal = came.personal
    by = Ender("customer", f"customer:{customer.id}", came.request_id, personal)
    is_ended = await cancel(visit.journey_parts.safety, customer.id, by)
    return Done("notice.recovery_cancelled" if is_ended else "")


TAKES = {"cancel_recovery": stop}
