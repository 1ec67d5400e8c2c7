"""Changing second factors in a journey: an app is set up or removed, recovery codes are made anew."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from limen.access.factors.records import (
    LONGEST_NAME,
    MOST_APPS,
    FactorKind,
    StoredFactor,
    TotpSecret,
    apps,
    codes_left,
    keys,
    seal_secret,
)
from limen.access.factors.recovery import new_codes, stored_codes
from limen.access.factors.removing import TOLD, take_away
from limen.access.factors.totp import Totp, new_totp
from limen.access.journeys.context import StepContext
from limen.access.journeys.limits import over_second_factor
from limen.access.journeys.messages.digits import ascii_digits
from limen.access.journeys.owner import code_key, entry, owner, told, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import Second, Task
from limen.access.journeys.second_factors import insists
from limen.access.journeys.views import Problem, Progress, Write
from limen.access.passkeys.records import MOST_KEYS
from limen.access.safety.messages import Reader
from limen.access.safety.texts import send, text_for
from limen.access.sessions.records import OTP, Evidence
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.errors import Conflict
from limen.kernel.events import Event
from limen.kernel.ids import FactorId


async def out_of_date(
    context: StepContext, unit: JourneyUnit, kind: FactorKind, codes: tuple[str, ...]
) -> Problem | None:
    """Return why no factor of *kind* can be added now, if none can: in its write, and before anything is written.

    Of two that are confirmed at once the second sees the first here: there may be too many then, and *codes* that were
    made for whoever has none would void those that were just shown.
    """
    customer, _ = owner(context)
    await unit.factors.hold(customer.id)
    held = await unit.factors.of_customer(customer.id)
    if kind is FactorKind.TOTP and len(apps(held)) >= MOST_APPS:
        return Problem(notice="error.too_many_apps")
    if kind in {FactorKind.PASSKEY, FactorKind.SECURITY_KEY} and len(keys(held)) >= MOST_KEYS:
        return Problem(notice="error.too_many_passkeys")
    if kind is not FactorKind.PASSKEY and bool(codes) == bool(codes_left(held)):
        return Problem(notice="error.stale")
    return None


async def begin_app(context: StepContext) -> Progress:
    """Make a secret, to be shown and confirmed."""
    state, parts = context.journey.state, context.parts
    if len(apps(context.facts.factors)) >= MOST_APPS:
        return Progress(state, problem=Problem(notice="error.too_many_apps"))
    totp = new_totp(parts.entropy, parts.desk.tenant.settings.totp_algorithm)
    return Progress(msgspec.structs.replace(state, second=msgspec.structs.replace(state.second, totp=totp)))


async def confirm_app(context: StepContext, form: Mapping[str, str], totp: Totp) -> Progress:
    """Take the app once a code of it was typed; whoever has no recovery codes gets them with it."""
    state, parts = context.journey.state, context.parts
    if form.get("intent") == "restart":
        return await begin_app(context)
    name = " ".join(form.get("name", "").split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        return Progress(state, problem=Problem({"name": "error.name_invalid"}, values={"name": name[:LONGEST_NAME]}))
    limited = await over_second_factor(context, "enrol")
    if limited is not None:
        return Progress(state, problem=limited)
    now = parts.clock.now()
    step = totp.matching_step(ascii_digits(form.get("code", "")), now)
    if step is None:
        return Progress(state, problem=Problem({"code": "error.totp_invalid"}, values={"name": name}))
    customer, vault = owner(context)
    factor_id = FactorId.new(parts.clock, parts.entropy)
    sealed = seal_secret(vault, factor_id, TotpSecret(totp, name))
    factor = StoredFactor(factor_id, customer.id, FactorKind.TOTP, sealed, None, now, now, step)
    codes = () if context.facts.codes_left else new_codes(parts.entropy)
    stored = stored_codes(await code_key(context), customer.id, codes, parts.clock, parts.entropy)
    announce = told(context, customer, vault, "factor_added")

    async def write(unit: JourneyUnit) -> Problem | None:
        late = await out_of_date(context, unit, FactorKind.TOTP, codes)
        if late is not None:
            return late
        await unit.factors.add(factor)
        if stored:
            await unit.factors.replace_codes(customer.id, stored)
        unit.announce(Event("factor.added", customer.id, _data(factor_id)))
        unit.record(entry(context, "factor.added", _data(factor_id)))
        announce(unit)
        return None

    proven = with_proof(context, Evidence(OTP, now))
    return Progress(msgspec.structs.replace(proven, task=Task(), second=Second(codes=codes)), write)


async def remove_app(context: StepContext) -> Progress:
    """Remove the app that the account page named; with the last second factor go the recovery codes."""
    state = context.journey.state
    factor = next((one for one in apps(context.facts.factors) if one.id == state.task.target), None)
    done = msgspec.structs.replace(state, task=Task())
    if factor is None:
        return Progress(done)
    return Progress(done, await removal(context, factor))


async def removal(context: StepContext, factor: StoredFactor) -> Write:
    """Return what removes *factor*, and with the last second factor the recovery codes, and tells of it."""
    customer, vault = owner(context)
    announce, goodbye = told(context, customer, vault, TOLD[factor.kind]), farewell(context, customer, vault, [factor])
    data: dict[str, str | int] = {"factor": str(factor.id), "kind": factor.kind.value, "by": "customer"}

    async def write(unit: JourneyUnit) -> Problem | None:
        refusal = await take_away(unit.factors, factor, is_must=insists(context.parts.desk.tenant, None))
        if isinstance(refusal, Conflict):
            return Problem(notice="error.second_factor_required")
        if refusal is not None:
            return None  # somebody was faster; it is gone
        unit.announce(Event("factor.removed", customer.id, data))
        unit.record(entry(context, "factor.removed", data))
        announce(unit)
        await goodbye(unit)
        return None

    return write


def farewell(
    context: StepContext, customer: Customer, vault: SubjectVault, gone: Sequence[StoredFactor]
) -> Callable[[JourneyUnit], Awaitable[object]]:
    """Return what tells the number among *gone*, if any, that no more codes come to it."""
    parts = context.parts
    reader = Reader(customer, vault, context.journey.state.locale, parts.desk.tenant)
    text = text_for(reader, gone, "phone_gone", parts.clock, parts.entropy) if parts.settings.sms_ceiling else None
    return lambda unit: send(unit, text, parts.clock.now())


async def renew_codes(context: StepContext) -> Progress:
    """Make ten new recovery codes; those from before are void."""
    parts, codes = context.parts, new_codes(context.parts.entropy)
    customer, vault = owner(context)
    stored = stored_codes(await code_key(context), customer.id, codes, parts.clock, parts.entropy)
    announce = told(context, customer, vault, "recovery_codes_replaced")

    async def write(unit: JourneyUnit) -> Problem | None:
        await unit.factors.replace_codes(customer.id, stored)
        unit.announce(Event("recovery_codes.replaced", customer.id))
        unit.record(entry(context, "recovery_codes.replaced", {}))
        announce(unit)
        return None

    done = msgspec.structs.replace(context.journey.state, task=Task(), second=Second(codes=codes))
    return Progress(done, write)


def _data(factor_id: FactorId) -> dict[str, str | int]:
    return {"factor": str(factor_id), "kind": FactorKind.TOTP.value}
