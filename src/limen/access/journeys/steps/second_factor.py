"""The second factor, by any of the ways that the customer has (:mod:`limen.access.journeys.methods`)."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.limits import over_second_factor
from limen.access.journeys.methods import answered, held
from limen.access.journeys.records import JourneyState, Task
from limen.access.journeys.second_factors import ASK
from limen.access.journeys.views import Problem, Progress, StepView

_USE = "use:"


def due(_: JourneyState, facts: Facts) -> bool:
    """Tell whether one is asked for."""
    return facts.second_factor == ASK


def view(context: StepContext) -> StepView:
    """Show the way that was chosen, or the first; and the names of the others."""
    state, mine = context.journey.state, held(context.facts)
    chosen = next((one for one in mine if one.name == state.second.method), mine[0])
    return StepView(
        "second_factor",
        context.journey.version,
        data={
            "client_name": context.facts.client_name,
            "method": chosen.name,
            "others": [one.name for one in mine if one is not chosen],
            "may_cancel": bool(state.task),
            **chosen.data(context),
        },
    )


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Take an answer, or change the way to give one; whoever only wanted to change something may leave."""
    state, intent = context.journey.state, form.get("intent", "")
    if state.task and intent == "cancel":
        return Progress(msgspec.structs.replace(state, task=Task()))
    if intent.startswith(_USE):
        return await _use(context, intent.removeprefix(_USE))
    method = answered(context.facts, form)
    if method is None:
        return Progress(state, problem=Problem({view(context).data["method"]: "error.required"}))
    if method.is_bounded:
        limited = await over_second_factor(context, method.name)
        if limited is not None:
            return Progress(state, problem=limited)
    return await method.answer(context, form)


async def _use(context: StepContext, name: str) -> Progress:
    state = context.journey.state
    method = next((one for one in held(context.facts) if one.name == name), None)
    if method is None:
        return Progress(state, problem=Problem(notice="error.invalid"))
    if method.begin is not None:
        return await method.begin(context)
    return Progress(msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, method=name)))
