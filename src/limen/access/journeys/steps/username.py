"""The user name: chosen or changed on the account page, or asked for where the tenant wants everybody to have one.

That a name is taken is said, as it must be to whoever chooses; but only to somebody who is signed in, and so often.
"""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.changes.contacts import named
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.limits import over_names
from limen.access.journeys.records import JourneyState, Task
from limen.access.journeys.tasks import CHANGE_USERNAME
from limen.access.journeys.views import Problem, Progress, StepView

_LONGEST = 100


def due(state: JourneyState, facts: Facts) -> bool:
    """Tell whether a name is to be typed."""
    return state.task.kind == CHANGE_USERNAME or facts.username_due


def view(context: StepContext) -> StepView:
    """Show the form."""
    customer, rule = context.facts.customer, context.parts.desk.tenant.settings.sign_in.usernames
    present = customer.profile.username if customer is not None else ""
    data = {"present": present, "may_cancel": bool(context.journey.state.task), "may_remove": rule != "required"}
    return StepView("username", context.journey.version, values={"username": present}, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Take the name that was typed, or take the present one away."""
    state, intent = context.journey.state, form.get("intent", "")
    if intent == "cancel" and state.task:
        return Progress(msgspec.structs.replace(state, task=Task()))
    typed = "" if intent == "remove" else form.get("username", "").strip()[:_LONGEST]
    if not typed and intent != "remove":
        return Progress(state, problem=Problem({"username": "error.required"}))
    limited = await over_names(context)
    if limited is not None:
        return Progress(state, problem=limited)
    return await named(context, typed)
