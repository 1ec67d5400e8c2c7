"""A right proof from a device that is not known, while there is reason to doubt it: the mailbox is proven beside it.

The code was sent with the proof; where a change is doubted, it is asked for here. Whoever has a second factor is asked
for that one instead.
"""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.doubts import is_answered
from limen.access.journeys.factor_changes import with_proof
from limen.access.journeys.limits import over_second_factor
from limen.access.journeys.records import Challenge, JourneyState
from limen.access.journeys.sent_codes import checked, is_standing, mailed, seconds_left
from limen.access.journeys.views import Problem, Progress, StepView
from limen.access.sessions.records import MAILBOX, MAILED_CODE, Evidence

FIELD = "code"


def due(state: JourneyState, _: Facts) -> bool:
    """Tell whether the mailbox is to be proven."""
    return state.doubt.asks and state.doubt.of != MAILBOX and not is_answered(state.evidence, state.doubt.of)


def view(context: StepContext) -> StepView:
    """Show where to type the code."""
    mailed, customer = context.journey.state.second.mailed, context.facts.customer
    data = {
        "client_name": context.facts.client_name,
        "sent": is_standing(context, mailed),
        "email": customer.profile.email if customer is not None else "",
        "expires_seconds": seconds_left(context, mailed),
    }
    return StepView("doubted", context.journey.version, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Compare the code, or send another."""
    state = context.journey.state
    if form.get("intent") == "resend":
        return await _send(context)
    if not form.get(FIELD, "").strip():
        return Progress(state, problem=Problem({FIELD: "error.required"}))
    limited = await over_second_factor(context, "doubt")
    if limited is not None:
        return Progress(state, problem=limited)
    wrong = checked(context, state.second.mailed, form[FIELD], lambda sent: _with(state, sent), FIELD)
    if wrong is not None:
        return wrong
    proven = with_proof(context, Evidence(MAILED_CODE, context.parts.clock.now()))
    return Progress(_with(proven, None))


async def _send(context: StepContext) -> Progress:
    state = context.journey.state
    return await mailed(context, "doubted_code", state.second.mailed, lambda sent: _with(state, sent))


def _with(state: JourneyState, sent: Challenge | None) -> JourneyState:
    return msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, mailed=sent))
