"""Setting up a phone that codes are sent to, or removing it; or proving a number that is to name the customer.

``data.phase`` tells the parts: number, code, remove; ``data.names`` what the number is for.
"""

from collections.abc import Mapping

import msgspec

from limen.access.factors.phone import phone_of
from limen.access.journeys.changes.phones import confirm_phone, remove_messaged, send_again, send_to_new
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.messages.sent_codes import seconds_left
from limen.access.journeys.records import JourneyState, Second, Task
from limen.access.journeys.tasks import ADD_NUMBER
from limen.access.journeys.views import Progress, StepView
from limen.identity.customers.phones import masked

ADD, REMOVE = "add_phone", "remove_phone"
_ADDS = frozenset({ADD, ADD_NUMBER})
"""A phone that codes are sent to, or a number that names the customer."""


def due(state: JourneyState, facts: Facts) -> bool:
    """Tell whether a phone is to be set up or removed."""
    return state.task.kind in _ADDS or (state.task.kind == REMOVE and phone_of(facts.factors) is not None)


def view(context: StepContext) -> StepView:
    """Show the part that is due."""
    state = context.journey.state
    texted = state.second.new_phone
    if state.task.kind == REMOVE:
        phase, to = "remove", state.task.name
    else:
        phase, to = ("code", masked(texted.phone.number)) if texted is not None else ("number", "")
    data = {
        "phase": phase,
        "names": state.task.kind == ADD_NUMBER,
        "to": to,
        "expires_seconds": seconds_left(context, texted.sent if texted is not None else None),
        "region": context.parts.desk.tenant.settings.sms.home,
    }
    return StepView("phone", context.journey.version, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Answer the part that is due."""
    state, intent = context.journey.state, form.get("intent", "")
    if intent == "cancel":
        return Progress(msgspec.structs.replace(state, task=Task(), second=Second()))
    if state.task.kind == REMOVE:
        factor = phone_of(context.facts.factors)
        return await remove_messaged(context, factor) if factor is not None else Progress(state)
    texted = state.second.new_phone
    if texted is None or "phone" in form:  # the number may be typed anew while a code is on its way
        return await send_to_new(context, form)
    return await send_again(context) if intent == "resend" else await confirm_phone(context, form, texted)
