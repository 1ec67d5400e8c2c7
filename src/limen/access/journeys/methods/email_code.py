"""A mailed code, for customers who chose that as their second step; it bears no assurance level.

Not behind a first factor that was the mailbox itself: it would prove the same again.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.access.factors.records import FactorKind
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.messages.sent_codes import checked, is_standing, mailed, seconds_left
from limen.access.journeys.methods.method import Method
from limen.access.journeys.owner import with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import Challenge, JourneyState
from limen.access.journeys.views import Problem, Progress
from limen.access.sessions.records import MAILED_CODE, Evidence


def _is_held(facts: Facts) -> bool:
    return FactorKind.EMAIL not in facts.barred and FactorKind.EMAIL in [factor.kind for factor in facts.factors]


def _data(context: StepContext) -> dict[str, Any]:
    sent = context.journey.state.second.mailed
    return {"sent": is_standing(context, sent), "to": "", "expires_seconds": seconds_left(context, sent)}


async def _begin(context: StepContext) -> Progress:
    """Send a code, unless one is on its way."""
    state = context.journey.state
    if is_standing(context, state.second.mailed):
        second = msgspec.structs.replace(state.second, method="email_code")
        return Progress(msgspec.structs.replace(state, second=second))
    return await _send(context)


async def _send(context: StepContext) -> Progress:
    state = context.journey.state

    def settle(sent: Challenge) -> JourneyState:
        second = msgspec.structs.replace(state.second, method="email_code", mailed=sent)
        return msgspec.structs.replace(state, second=second)

    return await mailed(context, "second_step_code", state.second.mailed, settle)


async def _answer(context: StepContext, form: Mapping[str, str]) -> Progress:
    state = context.journey.state

    def settle(sent: Challenge) -> JourneyState:
        return msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, mailed=sent))

    wrong = checked(context, state.second.mailed, form["email_code"], settle, "email_code")
    if wrong is not None:
        return wrong
    now = context.parts.clock.now()
    mine = [factor for factor in context.facts.factors if factor.kind is FactorKind.EMAIL]

    async def write(unit: JourneyUnit) -> Problem | None:
        for factor in mine:
            await unit.factors.note_use(factor.id, now)
        return None

    proven = with_proof(context, Evidence(MAILED_CODE, now))
    second = msgspec.structs.replace(proven.second, mailed=None)
    return Progress(msgspec.structs.replace(proven, second=second), write)


METHOD = Method("email_code", _is_held, _answer, _data, _begin, resend=_send)
