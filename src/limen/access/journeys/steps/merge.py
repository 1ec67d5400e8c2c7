"""Two accounts of one person become one: which stays is chosen, the mail of both is read, then it is confirmed.

``data.phase`` tells the parts: ``choose``, ``read`` (a code that was mailed), ``confirm``.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.access.journeys.changes.merges import FIELD, code_sent, code_typed, merged, pair
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.messages.sent_codes import is_standing, seconds_left
from limen.access.journeys.records import Joining, JourneyState, Task
from limen.access.journeys.tasks import MERGE
from limen.access.journeys.views import Problem, Progress, StepView, problem_of
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
        "phase": "choose" if not joining.stays else "read" if joining.unread else "confirm",
        "email": joining.unread,
        "sent": joining.to == joining.unread and is_standing(context, joining.sent),
        "expires_seconds": seconds_left(context, joining.sent),
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
        return Progress(msgspec.structs.replace(state, joining=state.joining.not_chosen()))
    if state.joining.stays and intent not in {"this", "other"}:
        return await _read(context, form) if state.joining.unread else await _merged(context)
    this_stays = intent != "other"
    found = await pair(context, this_stays=this_stays)
    if isinstance(found, Refusal):
        return Progress(state, problem=problem_of(found))
    plan = found.plan
    chosen = msgspec.structs.replace(
        state.joining,
        stays="this" if this_stays else "other",
        filled=tuple(plan.filled),
        kept=tuple(plan.kept),
        ends=dict(plan.ends),
        seen=plan.digest,
        asks=(found.other.customer.profile.email, found.owner.customer.profile.email),
    )
    return Progress(msgspec.structs.replace(state, joining=chosen))


async def _read(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Send a code to the address that is to be read next, or compare it."""
    if form.get("intent") == "resend":
        return await code_sent(context)
    if not form.get(FIELD, "").strip():
        return Progress(context.journey.state, problem=Problem({FIELD: "error.required"}))
    return await code_typed(context, form[FIELD])


async def _merged(context: StepContext) -> Progress:
    return await merged(context, this_stays=context.journey.state.joining.stays == "this")
