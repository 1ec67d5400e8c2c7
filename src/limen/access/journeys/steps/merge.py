"""Two accounts of one person become one: which stays is chosen, what it comes to is shown, then it is confirmed.

``data.phase`` tells the parts: ``choose``, ``confirm``.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.access.journeys.changes.merges import merged, pair
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.records import Joining, JourneyState, Task
from limen.access.journeys.tasks import MERGE
from limen.access.journeys.views import Progress, StepView, problem_of
from limen.kernel.errors import Refusal


def due(state: JourneyState, _: Facts) -> bool:
    """Tell whether two accounts are to become one."""
    return state.task.kind == MERGE


def view(context: StepContext) -> StepView:
    """Show the two, or what a merge of them comes to."""
    state, customer = context.journey.state, context.facts.customer
    this, joining = customer.profile.email if customer is not None else "", state.joining
    stays, goes = (state.task.name, this) if joining.stays == "other" else (this, state.task.name)
    data: dict[str, Any] = {
        "phase": "confirm" if joining.stays else "choose",
        "stays": stays,
        "goes": goes,
        "filled": [name.removeprefix("attributes.") for name in joining.filled],
        "kept": [name.removeprefix("attributes.") for name in joining.kept],
        "ends": joining.ends,
    }
    return StepView("merge", context.journey.version, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Choose which stays, confirm, or leave everything as it is."""
    state, intent = context.journey.state, form.get("intent", "")
    if intent == "cancel":
        return Progress(msgspec.structs.replace(state, task=Task(), joining=Joining()))
    if intent == "back":
        return Progress(msgspec.structs.replace(state, joining=Joining()))
    if state.joining.stays and intent not in {"this", "other"}:
        return await merged(context, this_stays=state.joining.stays == "this")
    this_stays = intent != "other"
    found = await pair(context, this_stays=this_stays)
    if isinstance(found, Refusal):
        return Progress(state, problem=problem_of(found))
    plan = found.plan
    stays, seen = "this" if this_stays else "other", (plan.before.version, plan.gone.version)
    chosen = Joining(stays, tuple(plan.filled), tuple(plan.kept), dict(plan.ends), seen)
    return Progress(msgspec.structs.replace(state, joining=chosen))
