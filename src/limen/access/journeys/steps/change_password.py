"""Another password for a signed-in customer, behind a fresh proof: every other session and its tokens end."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.changes.password import replaced
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.limits import over_judged
from limen.access.journeys.passwords import password_data
from limen.access.journeys.records import JourneyState, Task
from limen.access.journeys.tasks import CHANGE_PASSWORD
from limen.access.journeys.views import Progress, StepView


def due(state: JourneyState, _: Facts) -> bool:
    """Tell whether a password is to be changed."""
    return state.task.kind == CHANGE_PASSWORD


def view(context: StepContext) -> StepView:
    """Show the form."""
    customer = context.facts.customer
    email = customer.profile.email if customer is not None else ""
    return StepView("change_password", context.journey.version, data={"email": email, **password_data(context.parts)})


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Set the password."""
    if form.get("intent") == "cancel" or context.facts.customer is None:
        return Progress(_done(context.journey.state))
    limited = await over_judged(context)
    if limited is not None:
        return Progress(context.journey.state, problem=limited, is_idle=True)
    return await replaced(context, form.get("password", ""), "customer", _done)


def _done(state: JourneyState) -> JourneyState:
    return msgspec.structs.replace(state, task=Task())
