"""Another password for a customer who is proven: what stands elsewhere, and what others just prove, counts no more."""

from collections.abc import Callable

from limen.access.journeys.context import StepContext
from limen.access.journeys.owner import entry, owner, told, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.passwords import hashed_password, remembered
from limen.access.journeys.records import JourneyState
from limen.access.journeys.views import Problem, Progress
from limen.access.sessions.records import PASSWORD, Evidence
from limen.identity.credentials.records import seal_password
from limen.identity.customers.directory import seal
from limen.kernel.events import Event
from limen.kernel.ids import CustomerId, SessionId


async def replaced(
    context: StepContext, password: str, by: str, settle: Callable[[JourneyState], JourneyState]
) -> Progress:
    """Return the progress of a customer who chose *password*; *by* says in the audit log on whose behalf."""
    state, parts = context.journey.state, context.parts
    customer, vault = owner(context)
    hashed = await hashed_password(context, password, customer.profile, {})
    if isinstance(hashed, Problem):
        return Progress(state, problem=hashed)
    now = parts.clock.now()
    stored, sealed = seal_password(vault, customer.id, hashed, now), seal(customer.with_other_password(now), vault)
    announce = told(context, customer, vault, "password_changed")

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await unit.customers.update(sealed, customer.version):
            return Problem(notice="error.stale")
        await unit.passwords.put(stored, remember=remembered(parts))
        await unit.sessions.end_all(customer.id, now, except_for=await _standing(context, unit, customer.id))
        unit.announce(Event("password.changed", customer.id))
        unit.record(entry(context, "password.changed", {"by": by}))
        announce(unit)
        return None

    return Progress(settle(with_proof(context, Evidence(PASSWORD, now))), write)


async def _standing(context: StepContext, unit: JourneyUnit, customer_id: CustomerId) -> SessionId | None:
    """Return the session that stays: the customer's at this browser."""
    found = await unit.sessions.at_browser(context.journey.browser_id)
    return next((session.id for session in found if session.customer_id == customer_id), None)
