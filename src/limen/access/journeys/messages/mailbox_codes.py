"""A step that is a code to the customer's own mailbox: shown, sent anew and checked in one way."""

from collections.abc import Mapping
from typing import Final

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.limits import over_second_factor
from limen.access.journeys.messages.sent_codes import checked, is_standing, mailed, seconds_left
from limen.access.journeys.records import Challenge, JourneyState
from limen.access.journeys.views import Problem, Progress, StepView

FIELD: Final = "code"


def shown(context: StepContext, step: str) -> StepView:
    """Show where to type the code, or what sends one."""
    sent, customer = context.journey.state.second.mailed, context.facts.customer
    data = {
        "client_name": context.facts.client_name,
        "sent": is_standing(context, sent),
        "email": customer.profile.email if customer is not None else "",
        "expires_seconds": seconds_left(context, sent),
    }
    return StepView(step, context.journey.version, data=data)


async def not_yet(context: StepContext, form: Mapping[str, str], template: str, counted_as: str) -> Progress | None:
    """Return None where the code was typed that was sent; else what follows, another code in *template* perhaps."""
    state = context.journey.state
    sent = state.second.mailed
    if form.get("intent") == "resend":
        return await mailed(context, template, sent, lambda another: with_code(state, another))
    if not form.get(FIELD, "").strip():
        return Progress(state, problem=Problem({FIELD: "error.required"}))
    limited = await over_second_factor(context, counted_as)
    if limited is not None:
        return Progress(state, problem=limited)
    return checked(context, sent, form[FIELD], lambda counted: with_code(state, counted), FIELD)


def with_code(state: JourneyState, sent: Challenge | None) -> JourneyState:
    """Return the state with the code that was *sent*, or with none on its way."""
    return msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, mailed=sent))
