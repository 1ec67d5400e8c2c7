"""A code by short message to the customer's phone, sent when it is asked for: each message costs money."""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.access.factors.phone import open_phone, phone_of
from limen.access.factors.records import FactorKind
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.messages.sent_codes import checked, guard_of, is_standing, seconds_left, texted
from limen.access.journeys.methods.method import Method
from limen.access.journeys.owner import owner, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import Challenge, JourneyState, Texted
from limen.access.journeys.views import Problem, Progress
from limen.access.sessions.records import SMS, Evidence
from limen.identity.customers.phones import masked


def _is_held(facts: Facts) -> bool:
    return phone_of(facts.factors) is not None and FactorKind.PHONE not in facts.barred


def _data(context: StepContext) -> dict[str, Any]:
    texted_code = context.journey.state.second.sms
    if texted_code is None or not is_standing(context, texted_code.sent):
        return {"sent": False, "to": "", "expires_seconds": 0}
    left = seconds_left(context, texted_code.sent)
    return {"sent": True, "to": masked(texted_code.phone.number), "expires_seconds": left}


async def _begin(context: StepContext) -> Progress:
    """Send a code, unless one is on its way."""
    state = context.journey.state
    if state.second.sms is not None and is_standing(context, state.second.sms.sent):
        return Progress(msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, method="sms")))
    return await _send(context)


async def _send(context: StepContext) -> Progress:
    state, factor = context.journey.state, phone_of(context.facts.factors)
    if factor is None:
        return Progress(state, problem=Problem(notice="error.invalid"))
    _, vault = owner(context)
    phone = open_phone(vault, factor)

    before = state.second.sms.sent if state.second.sms is not None else None

    def settle(sent: Challenge) -> JourneyState:
        second = msgspec.structs.replace(state.second, method="sms", sms=Texted(phone, sent))
        return msgspec.structs.replace(state, second=second)

    return await texted(context, phone, before, settle)


async def _answer(context: StepContext, form: Mapping[str, str]) -> Progress:
    state, before = context.journey.state, context.journey.state.second.sms
    factor = phone_of(context.facts.factors)
    if before is None or factor is None:
        return Progress(state, problem=Problem({"sms": "error.code_expired"}))
    phone = before.phone
    _, vault = owner(context)
    if open_phone(vault, factor).number != phone.number:  # another one has taken its place since
        return Progress(state, problem=Problem({"sms": "error.code_expired"}))

    def settle(sent: Challenge) -> JourneyState:
        return msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, sms=Texted(phone, sent)))

    wrong = checked(context, before.sent, form["sms"], settle, "sms")
    if wrong is not None:
        return wrong
    guard, now = await guard_of(context), context.parts.clock.now()

    async def write(unit: JourneyUnit) -> Problem | None:
        await unit.factors.note_use(factor.id, now)
        await guard.typed(unit, phone.country)
        return None

    is_restricted = not context.parts.desk.tenant.settings.sms.reaches_aal2
    proven = with_proof(context, Evidence(SMS, now, restricted=is_restricted))
    second = msgspec.structs.replace(proven.second, sms=None)
    return Progress(msgspec.structs.replace(proven, second=second), write)


METHOD = Method("sms", _is_held, _answer, _data, _begin, resend=_send)
