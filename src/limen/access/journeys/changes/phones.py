"""Changing what codes are sent to: a phone, or the customer's own mailbox as a second step."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from limen.access.factors.phone import INDEX, Phone, seal_phone
from limen.access.factors.records import FactorKind, StoredFactor
from limen.access.factors.recovery import new_codes, stored_codes
from limen.access.journeys.changes.contacts import number_added
from limen.access.journeys.changes.factors import farewell, out_of_date, removal
from limen.access.journeys.context import StepContext
from limen.access.journeys.limits import over_second_factor
from limen.access.journeys.messages.sent_codes import TOO_MANY, Settle, checked, guard_of, sms_offered, texted
from limen.access.journeys.owner import code_key, entry, owner, told, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import Challenge, JourneyState, Second, Task, Texted
from limen.access.journeys.tasks import ADD_NUMBER
from limen.access.journeys.views import Problem, Progress, Write, problem_of
from limen.access.sessions.records import SMS, Evidence
from limen.identity.customers.numbers import with_phone
from limen.identity.customers.phones import LONGEST_TYPED, parse_phone
from limen.identity.customers.records import Contact
from limen.kernel.errors import Refusal
from limen.kernel.events import Event
from limen.kernel.ids import FactorId
from limen.trust.limits import Limit


async def send_to_new(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Read the number that was typed, and send a code to it."""
    state, typed = context.journey.state, form.get("phone", "").strip()
    number = parse_phone(typed, context.parts.desk.tenant.settings.sms.home)
    customer = context.facts.customer
    if state.task.kind == ADD_NUMBER and customer is not None and not isinstance(number, Refusal):
        added = with_phone(customer.profile, Contact("", number.e164, 0))
        if isinstance(added, Refusal):
            return Progress(state, problem=problem_of(added, {"phone": typed[:LONGEST_TYPED]}))
    if isinstance(number, Refusal):
        error = number.fields if typed else {"phone": "error.required"}
        return Progress(state, problem=Problem(error, values={"phone": typed[:LONGEST_TYPED]}))
    is_served = number.country in context.parts.desk.tenant.settings.sms.countries  # else nothing is sent anyhow
    if context.parts.lines is not None and sms_offered(context.parts) and is_served:
        limited = await over_second_factor(context, "line") or await _over_questions(context)
        line = await _refused_line(context, number.e164) if limited is None else ""
        if limited is not None or line:
            return Progress(state, problem=limited) if limited is not None else _refused(context, line, typed)
    return await _send(context, Phone(number.e164, number.country))


async def _over_questions(context: StepContext) -> Problem | None:
    """Count one question about a line, which costs money too: the tenant has as many a day as it has messages."""
    parts = context.parts
    limit = Limit(parts.settings.sms_ceiling, 86_400, "lines-asked")
    decision = await parts.limiter.hit(f"{limit.name}:{parts.tenant_id}", limit)
    return None if decision.allowed else replace(TOO_MANY, retry_after=max(1, decision.reset_seconds))


async def _refused_line(context: StepContext, number: str) -> str:
    """Return the kind of line that the tenant wants no *number* on, if it is on one; ``away`` where that counts."""
    parts = context.parts
    settings = parts.desk.tenant.settings.sms
    if parts.lines is None or not settings.refused_lines:
        return ""
    line = await parts.lines.of(number)
    if line is None:
        parts.count_guard("away", "line")
        return "away" if settings.lines_away == "closed" else ""
    if line not in settings.refused_lines:
        return ""
    parts.count_guard("refused", f"line_{line}")
    return line


def _refused(context: StepContext, line: str, typed: str) -> Progress:
    """Say that no code is sent to the number that was *typed*, and put on record why."""

    async def write(unit: JourneyUnit) -> Problem | None:
        unit.record(entry(context, "sms.refused", {"why": f"line_{line}"}, "sms_line"))
        return None

    error = "error.line_away" if line == "away" else "error.line_refused"
    problem = Problem({"phone": error}, values={"phone": typed[:LONGEST_TYPED]})
    return Progress(context.journey.state, write, problem)


async def send_again(context: StepContext) -> Progress:
    """Send another code to the number that is being set up."""
    before = context.journey.state.second.new_phone
    return await _send(context, before.phone) if before is not None else Progress(context.journey.state)


async def _send(context: StepContext, phone: Phone) -> Progress:
    """Send a code to *phone*. Another number gets no further messages beyond those that the journey has."""
    before = context.journey.state.second.new_phone
    return await texted(context, phone, before.sent if before is not None else None, _settled(context, phone))


def _settled(context: StepContext, phone: Phone) -> Settle:
    state = context.journey.state

    def settle(sent: Challenge) -> JourneyState:
        return msgspec.structs.replace(
            state, second=msgspec.structs.replace(state.second, new_phone=Texted(phone, sent))
        )

    return settle


async def confirm_phone(context: StepContext, form: Mapping[str, str], before: Texted) -> Progress:
    """Take the phone once its code was typed, in place of one from before; recovery codes come with the first."""
    state, parts, phone = context.journey.state, context.parts, before.phone
    typed = form.get("code", "")
    if not typed.strip():
        return Progress(state, problem=Problem({"code": "error.required"}))
    limited = await over_second_factor(context, "enrol")
    if limited is not None:
        return Progress(state, problem=limited)
    wrong = checked(context, before.sent, typed, _settled(context, phone), "code")
    if wrong is not None:
        return wrong
    if state.task.kind == ADD_NUMBER:
        return await _naming(context, phone)
    _, vault = owner(context)
    now, factor_id = parts.clock.now(), FactorId.new(parts.clock, parts.entropy)
    index = (await parts.keyring.tenant(parts.tenant_id)).blind(INDEX, phone.number)
    sealed = seal_phone(vault, factor_id, phone)
    guard = await guard_of(context)
    add, codes = await _adding(context, (factor_id, FactorKind.PHONE, sealed, index), "phone_added")

    async def write(unit: JourneyUnit) -> Problem | None:
        late = await add(unit)
        if late is None:
            await guard.typed(unit, phone.country)
        return late

    is_restricted = not parts.desk.tenant.settings.sms.reaches_aal2
    proven = with_proof(context, Evidence(SMS, now, restricted=is_restricted))
    return Progress(msgspec.structs.replace(proven, task=Task(), second=Second(codes=codes)), write)


async def _naming(context: StepContext, phone: Phone) -> Progress:
    """Take a number whose code was typed as one that names the customer."""
    guard, progress = await guard_of(context), await number_added(context, phone.number)
    change = progress.write

    async def write(unit: JourneyUnit) -> Problem | None:
        await guard.typed(unit, phone.country)
        return await change(unit) if change is not None else None

    return msgspec.structs.replace(progress, write=write)


async def add_mailbox(context: StepContext) -> Progress:
    """Have codes mailed as a second step from now on."""
    state, parts = context.journey.state, context.parts
    made = (FactorId.new(parts.clock, parts.entropy), FactorKind.EMAIL, b"", None)
    add, codes = await _adding(context, made, "mailed_codes_added")
    return Progress(msgspec.structs.replace(state, task=Task(), second=Second(codes=codes)), add)


async def remove_messaged(context: StepContext, factor: StoredFactor) -> Progress:
    """Remove a phone, or the mailbox; with the last second factor go the recovery codes."""
    done = msgspec.structs.replace(context.journey.state, task=Task(), second=Second())
    return Progress(done, await removal(context, factor))


Made = tuple[FactorId, FactorKind, bytes, bytes | None]
"""A factor that is being set up: its identifier, its kind, what is sealed of it, its blind index."""


async def _adding(context: StepContext, made: Made, template: str) -> tuple[Write, tuple[str, ...]]:
    """Return what stores a factor in place of one of its kind, tells of it and announces it; and new recovery codes.

    Of two that are confirmed at once the second takes the place of the first.
    """
    parts, now = context.parts, context.parts.clock.now()
    customer, vault = owner(context)
    factor_id, kind, sealed, index = made
    added = StoredFactor(factor_id, customer.id, kind, sealed, index, now, now)
    codes = () if context.facts.codes_left else new_codes(parts.entropy)
    stored = stored_codes(await code_key(context), customer.id, codes, parts.clock, parts.entropy)
    tell, data = told(context, customer, vault, template), _data(factor_id, kind)

    async def add(unit: JourneyUnit) -> Problem | None:
        late = await out_of_date(context, unit, kind, codes)
        if late is not None:
            return late
        before = [factor for factor in await unit.factors.of_customer(customer.id) if factor.kind is kind]
        for old in before:
            await unit.factors.remove_messaged(customer.id, old.id)
        await unit.factors.add(added)
        if stored:
            await unit.factors.replace_codes(customer.id, stored)
        unit.announce(Event("factor.added", customer.id, data))
        unit.record(entry(context, "factor.added", data))
        tell(unit)
        await farewell(context, customer, vault, [factor for factor in before if factor.digest != index])(unit)
        return None

    return add, codes


def _data(factor_id: FactorId, kind: FactorKind) -> dict[str, str | int]:
    return {"factor": str(factor_id), "kind": kind.value}
