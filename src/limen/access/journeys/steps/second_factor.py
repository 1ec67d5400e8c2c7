"""The second factor: a code of the authenticator app, or a recovery code; and setting one up where it is owed.

``data.phase`` tells its parts apart (:mod:`limen.access.journeys.second_factors`).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.access.factors.records import apps, codes_left, open_secret
from limen.access.factors.recovery import digest, grouped, read_code
from limen.access.journeys.context import StepContext
from limen.access.journeys.digits import ascii_digits
from limen.access.journeys.factor_changes import (
    begin_app,
    code_key,
    confirm_app,
    entry,
    owner,
    remove_app,
    renew_codes,
    told,
    with_proof,
)
from limen.access.journeys.limits import over_second_factor
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import Second
from limen.access.journeys.second_factors import phase
from limen.access.journeys.views import Problem, Progress, StepView
from limen.access.sessions.records import OTP, RECOVERY_CODE, Evidence
from limen.kernel.events import Event

_GROUP = 4


def view(context: StepContext) -> StepView:
    """Show the part that is due."""
    state = context.journey.state
    shown = phase(state, context.facts)
    data: dict[str, Any] = {
        "phase": shown,
        "client_name": context.facts.client_name,
        "has_recovery_codes": codes_left(context.facts.factors) > 0,
        "codes": [grouped(code) for code in state.second.codes],
        "may_cancel": bool(state.second.task),
        "name": state.second.name,
        **_secret_of(context),
    }
    return StepView("second_factor", context.journey.version, data=data)


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
    due = phase(state, context.facts)
    if due == "codes" or (state.second.task and form.get("intent") == "cancel"):
        return Progress(msgspec.structs.replace(state, second=Second()))
    match due:
        case "ask":
            return await _ask(context, form)
        case "remove":
            return await remove_app(context)
        case "new_codes":
            return await renew_codes(context)
        case _:
            totp = state.second.totp
            return await begin_app(context) if totp is None else await confirm_app(context, form, totp)


async def _ask(context: StepContext, form: Mapping[str, str]) -> Progress:
    field = next((name for name in ("code", "recovery_code") if form.get(name, "").strip()), "")
    if not field:
        return Progress(context.journey.state, problem=Problem({"code": "error.required"}))
    limited = await over_second_factor(context, field)
    if limited is not None:
        return Progress(context.journey.state, problem=limited)
    if field == "recovery_code":
        return await _by_recovery_code(context, form[field])
    return await _by_app(context, ascii_digits(form[field]))


async def _by_app(context: StepContext, typed: str) -> Progress:
    """Take a code of any of the customer's apps; each of its steps once, over all workers."""
    now = context.parts.clock.now()
    _, vault = await owner(context)
    matching = [
        (factor.id, step)
        for factor in apps(context.facts.factors)
        if (step := open_secret(vault, factor).totp.matching_step(typed, now)) is not None
    ]
    if not matching:
        return _refused(context, "code", "error.totp_invalid")
    factor_id, step = matching[0]

    async def write(unit: JourneyUnit) -> Problem | None:
        if await unit.factors.accept_step(factor_id, step, now):
            return None
        unit.record(entry(context, "second_factor.refused", {"method": "code"}, "replayed"))
        return Problem({"code": "error.code_used"})

    return Progress(with_proof(context, Evidence(OTP, now)), write)


async def _by_recovery_code(context: StepContext, typed: str) -> Progress:
    """Take a recovery code, once; its owner is told by mail."""
    code, now = read_code(typed), context.parts.clock.now()
    if code is None:
        return _refused(context, "recovery_code", "error.recovery_code_invalid")
    customer, vault = await owner(context)
    held = digest(await code_key(context), customer.id, code)
    left = max(0, codes_left(context.facts.factors) - 1)
    announce = told(context, customer, vault, "recovery_code_used", left)

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await unit.factors.spend_code(customer.id, held, now):
            unit.record(entry(context, "second_factor.refused", {"method": "recovery_code"}, "wrong_code"))
            return Problem({"recovery_code": "error.recovery_code_invalid"})
        unit.announce(Event("recovery_code.used", customer.id, {"left": left}))
        unit.record(entry(context, "recovery_code.used", {"left": left}))
        announce(unit)
        return None

    return Progress(with_proof(context, Evidence(RECOVERY_CODE, now)), write)


def _refused(context: StepContext, field: str, error: str) -> Progress:
    async def write(unit: JourneyUnit) -> Problem | None:
        unit.record(entry(context, "second_factor.refused", {"method": field}, "wrong_code"))
        return None

    return Progress(context.journey.state, write, Problem({field: error}))
