"""Making a passkey or a security key, renaming one, removing one. ``data.phase`` tells: make, rename, remove.

One is made where the account page asks, where a sign-up or a recovery chose it in place of a password, and where a
second factor is owed and it was chosen over an authenticator app.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from limen.access.factors.records import FactorKind
from limen.access.journeys.changes.passkeys import make_key, remove_key, rename_key
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.passkeys.facts import TASKS
from limen.access.journeys.records import JourneyState, Making, Path, Second, Task
from limen.access.journeys.second_factors import ENROL
from limen.access.journeys.views import Progress, StepView
from limen.access.passkeys.options import creation_options
from limen.access.passkeys.site import Site

ADD, ADD_KEY, RENAME, REMOVE = "add_passkey", "add_security_key", "rename_passkey", "remove_passkey"
METHOD: Final = "passkey"
_PHASES: Final = {RENAME: "rename", REMOVE: "remove"}


def due(state: JourneyState, facts: Facts) -> bool:
    """Tell whether one is to be made, renamed or removed."""
    if state.task.kind in {RENAME, REMOVE}:
        return any(key.factor.id == state.task.target for key in facts.keys)
    chosen = facts.second_factor == ENROL and state.second.method == METHOD
    return state.task.kind in TASKS or state.passkey.is_due or chosen


def view(context: StepContext) -> StepView:
    """Show the part that is due."""
    state = context.journey.state
    phase = _PHASES.get(state.task.kind, "make")
    is_passkey = state.task.kind != ADD_KEY
    data: dict[str, Any] = {
        "phase": phase,
        "kind": _kind(state).value,
        "name": state.task.name,
        "leave": _leave(context),
        "passkey": _options(context, is_passkey=is_passkey) if phase == "make" else {},
    }
    values = {"name": state.task.name} if phase == "rename" else {}
    challenge = context.challenge if phase == "make" else ""
    return StepView("passkey", context.journey.version, values=values, data=data, challenge=challenge)


def _kind(state: JourneyState) -> FactorKind:
    return FactorKind.SECURITY_KEY if state.task.kind == ADD_KEY else FactorKind.PASSKEY


def _options(context: StepContext, *, is_passkey: bool) -> dict[str, Any]:
    facts, site = context.facts, Site.of(context.parts.desk.tenant)
    account = facts.customer.profile.email if facts.customer is not None else ""
    return creation_options(site, facts.handle, account, facts.keys, is_passkey=is_passkey)


def _leave(context: StepContext) -> str:
    """Return how this step can be left: ``cancel`` what was asked for, ``app`` instead, ``skip`` it; or not at all."""
    state, sign_in = context.journey.state, context.parts.desk.tenant.settings.sign_in
    if state.task:
        return "cancel"
    if not state.passkey.is_due:
        return "app"
    if state.path is Path.RECOVER and sign_in.password and sign_in.recovery_adds_password:
        return "password"
    return "skip" if sign_in.password or sign_in.email_code else ""


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Answer the part that is due."""
    state, intent = context.journey.state, form.get("intent", "")
    if intent and intent == _leave(context):
        return Progress(_left(state, intent))
    if state.task.kind == REMOVE:
        return await remove_key(context)
    if state.task.kind == RENAME:
        return await rename_key(context, form)
    return await make_key(context, form, _kind(state))


def _left(state: JourneyState, intent: str) -> JourneyState:
    making = Making(is_able=state.passkey.is_able, is_asked=True)
    after = msgspec.structs.replace(state, task=Task(), second=Second(), passkey=making)
    return msgspec.structs.replace(after, new_password_due=True) if intent == "password" else after
