"""A recovery code, once; its owner is told by mail."""

from collections.abc import Mapping

from limen.access.factors.recovery import digest, read_code
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.methods.method import Method, refusal
from limen.access.journeys.owner import code_key, entry, owner, told, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.views import Problem, Progress
from limen.access.sessions.records import RECOVERY_CODE, Evidence
from limen.kernel.events import Event


def _is_held(facts: Facts) -> bool:
    return facts.codes_left > 0


async def _answer(context: StepContext, form: Mapping[str, str]) -> Progress:
    code, now = read_code(form["recovery_code"]), context.parts.clock.now()
    if code is None:
        return refusal(context, "recovery_code", "error.recovery_code_invalid")
    customer, vault = owner(context)
    spent = digest(await code_key(context), customer.id, code)
    left = max(0, context.facts.codes_left - 1)
    announce = told(context, customer, vault, "recovery_code_used", left)

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await unit.factors.spend_code(customer.id, spent, now):
            unit.record(entry(context, "second_factor.refused", {"method": "recovery_code"}, "wrong_code"))
            return Problem({"recovery_code": "error.recovery_code_invalid"})
        unit.announce(Event("recovery_code.used", customer.id, {"left": left}))
        unit.record(entry(context, "recovery_code.used", {"left": left}))
        announce(unit)
        return None

    return Progress(with_proof(context, Evidence(RECOVERY_CODE, now)), write)


METHOD = Method("recovery_code", _is_held, _answer)
