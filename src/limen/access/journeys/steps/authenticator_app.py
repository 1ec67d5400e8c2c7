"""Setting up an authenticator app, or removing one. ``data.phase`` tells the parts apart: begin, confirm, remove.

Where one is only on offer, a no is remembered, as that to a passkey is.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.access.factors.records import apps
from limen.access.journeys.changes.factors import begin_app, confirm_app, remove_app
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import JourneyState, Second, Task
from limen.access.journeys.second_factors import ENROL, OFFER
from limen.access.journeys.views import Problem, Progress, StepView

ADD, REMOVE = "add_app", "remove_app"
_GROUP = 4


def due(state: JourneyState, facts: Facts) -> bool:
    """Tell whether an app is to be set up or removed."""
    if state.task.kind == REMOVE:
        return bool(apps(facts.factors))
    return state.task.kind == ADD or facts.second_factor in {ENROL, OFFER}


def view(context: StepContext) -> StepView:
    """Show the part that is due."""
    state = context.journey.state
    data: dict[str, Any] = {
        "phase": _phase(state),
        "may_cancel": bool(state.task),
        "may_skip": _may_skip(context),
        "may_use_passkey": _may_use_passkey(context),
        "name": state.task.name,
        **_secret_of(context),
    }
    return StepView("authenticator_app", context.journey.version, data=data)


def _may_use_passkey(context: StepContext) -> bool:
    """Tell whether a passkey would do as well: where a second factor is owed, and not asked for by name."""
    is_owed = not context.journey.state.task and context.facts.second_factor == ENROL
    return is_owed and context.parts.desk.tenant.settings.sign_in.passkey


def _may_skip(context: StepContext) -> bool:
    """Tell whether an app is on offer, and nobody has to have one."""
    return not context.journey.state.task and context.facts.second_factor == OFFER


def _phase(state: JourneyState) -> str:
    if state.task.kind == REMOVE:
        return "remove"
    return "begin" if state.second.totp is None else "confirm"


def _secret_of(context: StepContext) -> dict[str, str]:
    """Return what an app is to be told: as a URI for a QR code, and as a key to type."""
    totp, customer = context.journey.state.second.totp, context.facts.customer
    if totp is None or customer is None:
        return {"uri": "", "secret": ""}
    key = totp.base32.lower()
    return {
        "uri": totp.uri(context.parts.desk.tenant.name, customer.profile.email),
        "secret": " ".join(key[at : at + _GROUP] for at in range(0, len(key), _GROUP)),
    }


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Answer the part that is due."""
    state = context.journey.state
    if state.task and form.get("intent") == "cancel":
        return Progress(msgspec.structs.replace(state, task=Task(), second=Second()))
    if form.get("intent") == "skip" and _may_skip(context):
        return _skipped(context)
    if form.get("intent") == "use:passkey" and _may_use_passkey(context):
        return Progress(msgspec.structs.replace(state, second=Second(method="passkey")))
    if state.task.kind == REMOVE:
        return await remove_app(context)
    totp = state.second.totp
    return await begin_app(context) if totp is None else await confirm_app(context, form, totp)


def _skipped(context: StepContext) -> Progress:
    """Note that none is wanted."""
    customer, now = context.facts.customer, context.parts.clock.now()

    async def write(unit: JourneyUnit) -> Problem | None:
        if customer is not None:
            await unit.factors.decline(customer.id, now)
        return None

    return Progress(msgspec.structs.replace(context.journey.state, second=Second()), write)
