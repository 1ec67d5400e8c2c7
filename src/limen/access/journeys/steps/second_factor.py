"""The second factor, by any of the ways that the customer has (:mod:`limen.access.journeys.methods`)."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.limits import over_second_factor
from limen.access.journeys.methods import answered, held
from limen.access.journeys.records import JourneyState, Path, Task
from limen.access.journeys.second_factors import ASK, may_trust
from limen.access.journeys.views import Problem, Progress, StepView

_USE, _RESEND = "use:", "resend:"
LOST = "lost"
_NO_DATA: Final[Mapping[str, Any]] = {"passkey": {}, "sent": False, "to": "", "expires_seconds": 0}
"""What the ways say of themselves: each fills in its own."""


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
            "trust_days": _trust_days(context),
            "may_be_lost": _may_be_lost(context),
            **_NO_DATA,
            **chosen.data(context),
        },
        challenge=context.challenge if chosen.name == "passkey" else "",
    )


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Take an answer, or change the way to give one; whoever only wanted to change something may leave."""
    state, intent = context.journey.state, form.get("intent", "")
    if state.task and intent == "cancel":
        return Progress(msgspec.structs.replace(state, task=Task()))
    if intent == LOST and _may_be_lost(context):
        return Progress(msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, lost="yes")))
    if intent.startswith(_USE):
        return await _use(context, intent.removeprefix(_USE))
    if intent.startswith(_RESEND):
        return await _resend(context, intent.removeprefix(_RESEND))
    method = answered(context.facts, form)
    if method is None:
        return Progress(state, problem=Problem({view(context).data["method"]: "error.required"}))
    if method.is_bounded:
        limited = await over_second_factor(context, method.name)
        if limited is not None:
            return Progress(state, problem=limited)
    return _trusting(context, form, await method.answer(context, form))


def _trust_days(context: StepContext) -> int:
    """Return for how many days this device may be trusted from now on; 0 where it may not."""
    tenant, state = context.parts.desk.tenant, context.journey.state
    return tenant.settings.recovery.trusted_device_days if may_trust(state, tenant, context.facts.request) else 0


def _may_be_lost(context: StepContext) -> bool:
    """Tell whether somebody who recovers may say that nothing is left to prove."""
    days = context.parts.desk.tenant.settings.recovery.waiting_days
    return context.journey.state.path is Path.RECOVER and (bool(days) or context.facts.recovery is not None)


def _trusting(context: StepContext, form: Mapping[str, str], progress: Progress) -> Progress:
    """Note with a proof that this device shall be trusted; where its write is refused, nothing is noted either."""
    state = progress.state
    if form.get("trust") != "yes" or not _trust_days(context) or state.evidence == context.journey.state.evidence:
        return progress
    second = msgspec.structs.replace(state.second, trusts=True)
    return msgspec.structs.replace(progress, state=msgspec.structs.replace(state, second=second))


async def _use(context: StepContext, name: str) -> Progress:
    state = context.journey.state
    method = next((one for one in held(context.facts) if one.name == name), None)
    if method is None:
        return Progress(state, problem=Problem(notice="error.invalid"))
    if method.begin is not None:
        return await method.begin(context)
    return Progress(msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, method=name)))


async def _resend(context: StepContext, name: str) -> Progress:
    method = next((one for one in held(context.facts) if one.name == name), None)
    if method is None or method.resend is None:
        return Progress(context.journey.state, problem=Problem(notice="error.invalid"))
    return await method.resend(context)
