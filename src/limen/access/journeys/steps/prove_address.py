"""An address that nobody has proven is proven by a mailed code, where the tenant has a sign-in wait for that."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.factor_changes import owner
from limen.access.journeys.limits import over_second_factor
from limen.access.journeys.proven_addresses import noted_proven
from limen.access.journeys.records import Challenge, JourneyState
from limen.access.journeys.sent_codes import checked, is_standing, mailed, seconds_left
from limen.access.journeys.views import Problem, Progress, StepView

FIELD = "code"


def due(_: JourneyState, facts: Facts) -> bool:
    """Tell whether the address is to be proven."""
    return facts.address_due


def view(context: StepContext) -> StepView:
    """Show where to type the code, or what sends one: none is sent before somebody asks for it."""
    sent, customer = context.journey.state.second.mailed, context.facts.customer
    data = {
        "client_name": context.facts.client_name,
        "sent": is_standing(context, sent),
        "email": customer.profile.email if customer is not None else "",
        "expires_seconds": seconds_left(context, sent),
    }
    return StepView("prove_address", context.journey.version, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Compare the code and note that the address is proven, or send another."""
    state = context.journey.state
    if form.get("intent") == "resend":
        return await mailed(context, "second_step_code", state.second.mailed, lambda sent: _with(state, sent))
    if not form.get(FIELD, "").strip():
        return Progress(state, problem=Problem({FIELD: "error.required"}))
    limited = await over_second_factor(context, "address")
    if limited is not None:
        return Progress(state, problem=limited)
    wrong = checked(context, state.second.mailed, form[FIELD], lambda sent: _with(state, sent), FIELD)
    if wrong is not None:
        return wrong
    customer, vault = await owner(context)
    return Progress(_with(state, None), noted_proven(context, customer, vault), vault=vault)


def _with(state: JourneyState, sent: Challenge | None) -> JourneyState:
    return msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, mailed=sent))
