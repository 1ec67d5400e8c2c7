"""A code of the authenticator app (RFC 6238): of any of the customer's, each of its steps once over all workers."""

from collections.abc import Mapping

from limen.access.factors.records import apps, open_secret
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.messages.digits import ascii_digits
from limen.access.journeys.methods.method import Method, refusal
from limen.access.journeys.owner import entry, owner, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.views import Problem, Progress
from limen.access.sessions.records import OTP, Evidence


def _is_held(facts: Facts) -> bool:
    return bool(apps(facts.factors))


async def _answer(context: StepContext, form: Mapping[str, str]) -> Progress:
    typed, now = ascii_digits(form["code"]), context.parts.clock.now()
    _, vault = owner(context)
    matching = [
        (factor.id, step)
        for factor in apps(context.facts.factors)
        if (step := open_secret(vault, factor).totp.matching_step(typed, now)) is not None
    ]
    if not matching:
        return refusal(context, "code", "error.totp_invalid", OTP)
    factor_id, step = matching[0]

    async def write(unit: JourneyUnit) -> Problem | None:
        if await unit.factors.accept_step(factor_id, step, now):
            return None
        unit.record(entry(context, "second_factor.refused", {"method": "code"}, "replayed"))
        return Problem({"code": "error.code_used"})

    return Progress(with_proof(context, Evidence(OTP, now)), write)


METHOD = Method("code", _is_held, _answer)
