"""Recovery codes: made anew, and shown once. ``data.phase`` tells the parts apart: codes, new_codes."""

from collections.abc import Mapping

import msgspec

from limen.access.factors.records import second_steps
from limen.access.factors.recovery import grouped
from limen.access.journeys.changes.factors import renew_codes
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.records import JourneyState, Second, Task
from limen.access.journeys.views import Progress, StepView

RENEW = "new_codes"


def due(state: JourneyState, facts: Facts) -> bool:
    """Tell whether there are codes to be shown, or to be made."""
    return bool(state.second.codes) or (state.task.kind == RENEW and bool(second_steps(facts.factors)))


def view(context: StepContext) -> StepView:
    """Show the codes, or ask whether to make them."""
    codes = context.journey.state.second.codes
    data = {
        "phase": "codes" if codes else "new_codes",
        "codes": [grouped(code) for code in codes],
        "may_cancel": not codes,
    }
    return StepView("recovery_codes", context.journey.version, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Go on, or make new ones."""
    state = context.journey.state
    if state.second.codes or form.get("intent") == "cancel":
        return Progress(msgspec.structs.replace(state, task=Task(), second=Second()))
    return await renew_codes(context)
