"""Another password for a signed-in customer, behind a fresh proof: every other session and its tokens end."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.factor_changes import entry, owner, told, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.passwords import hashed_password, password_data, remembered
from limen.access.journeys.records import JourneyState, Task
from limen.access.journeys.tasks import CHANGE_PASSWORD
from limen.access.journeys.views import Problem, Progress, StepView
from limen.access.sessions.records import PASSWORD, Evidence
from limen.identity.credentials.records import seal_password
from limen.identity.customers.directory import seal
from limen.kernel.events import Event
from limen.kernel.ids import CustomerId, SessionId


def due(state: JourneyState, _: Facts) -> bool:
    """Tell whether a password is to be changed."""
    return state.task.kind == CHANGE_PASSWORD


def view(context: StepContext) -> StepView:
    """Show the form."""
    customer = context.facts.customer
    email = customer.profile.email if customer is not None else ""
    return StepView("change_password", context.journey.version, data={"email": email, **password_data(context.parts)})


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Set the password; what stands elsewhere, and what others are just proving, counts no more."""
    state, parts = context.journey.state, context.parts
    if form.get("intent") == "cancel" or context.facts.customer is None:
        return Progress(msgspec.structs.replace(state, task=Task()))
    customer, vault = await owner(context)
    about = (customer.profile.email, customer.profile.name)
    hashed = await hashed_password(context, form.get("password", ""), about, {})
    if isinstance(hashed, Problem):
        return Progress(state, problem=hashed)
    now = parts.clock.now()
    password, sealed = seal_password(vault, customer.id, hashed, now), seal(customer.with_other_password(now), vault)
    announce = told(context, customer, vault, "password_changed")

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await unit.customers.update(sealed, customer.version):
            return Problem(notice="error.stale")
        await unit.passwords.put(password, remember=remembered(parts))
        await unit.sessions.end_all(customer.id, now, except_for=await _standing(context, unit, customer.id))
        unit.announce(Event("password.changed", customer.id))
        unit.record(entry(context, "password.changed", {"by": "customer"}))
        announce(unit)
        return None

    return Progress(msgspec.structs.replace(with_proof(context, Evidence(PASSWORD, now)), task=Task()), write)


async def _standing(context: StepContext, unit: JourneyUnit, customer_id: CustomerId) -> SessionId | None:
    """Return the session that stays: the customer's at this browser."""
    found = await unit.sessions.at_browser(context.journey.browser_id)
    return next((session.id for session in found if session.customer_id == customer_id), None)
