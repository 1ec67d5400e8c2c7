"""Another password in place of one that is known from a breach: there is no way around it but to begin anew."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.changes.password import replaced
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.passwords import password_data
from limen.access.journeys.records import JourneyState
from limen.access.journeys.views import Problem, Progress, StepView


def due(state: JourneyState, _: Facts) -> bool:
    """Tell whether the password has to be replaced."""
    return state.doubt.changes


def view(context: StepContext) -> StepView:
    """Show the form, and why."""
    customer = context.facts.customer
    email = customer.profile.email if customer is not None else ""
    data = {"email": email, "known": context.journey.state.doubt.reason, **password_data(context.parts)}
    return StepView("breached_password", context.journey.version, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Set the password."""
    if context.facts.customer is None:
        return Progress(context.journey.state, problem=Problem(notice="error.stale"))
    return await replaced(context, form.get("password", ""), "breach", _done)


def _done(state: JourneyState) -> JourneyState:
    return msgspec.structs.replace(state, doubt=msgspec.structs.replace(state.doubt, changes=False))
