"""Changing passkeys and security keys in a journey: one is made, renamed or removed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec

from limen.access.factors.records import FactorKind, StoredFactor
from limen.access.factors.recovery import new_codes, stored_codes
from limen.access.journeys.changes.factors import out_of_date, removal
from limen.access.journeys.context import StepContext
from limen.access.journeys.limits import over_second_factor
from limen.access.journeys.owner import code_key, entry, owner, told, with_proof
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.passkeys.proofs import FIELD
from limen.access.journeys.records import JourneyState, Making, Path, Second, Task
from limen.access.journeys.views import Problem, Progress, Write
from limen.access.passkeys.answers import Answer, Unreadable, read_answer
from limen.access.passkeys.records import LONGEST_NAME, MOST_KEYS, Credential, Key, credential_digest, seal_credential
from limen.access.passkeys.site import Site
from limen.access.passkeys.trust import MODEL_REFUSED
from limen.access.passkeys.verify import Registered, registered
from limen.identity.customers.directory import seal
from limen.identity.customers.records import Customer
from limen.kernel.clock import Instant
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.events import Event
from limen.kernel.ids import FactorId

_NOT_MADE: Final = "error.passkey_not_made"
_WRONG_MODEL: Final = "error.passkey_model_refused"


async def make_key(context: StepContext, form: Mapping[str, str], kind: FactorKind) -> Progress:
    """Take a new passkey or security key from the browser's answer in *form*."""
    state = context.journey.state
    if len(context.facts.keys) >= MOST_KEYS:
        return Progress(state, problem=Problem(notice="error.too_many_passkeys"))
    name = typed_name(form)
    if name is None:
        return Progress(state, problem=Problem({"name": "error.name_invalid"}, values={"name": form["name"][:60]}))
    if not form.get(FIELD):
        return Progress(state, problem=Problem(notice="error.passkey_script", values={"name": name}))
    limited = await over_second_factor(context, "enrol")
    if limited is not None:
        return Progress(state, problem=limited)
    made = await _registered(context, form, kind)
    if isinstance(made, Refusal):
        return _refused(context, made, name)
    return await _stored(context, kind, name, made)


async def _registered(context: StepContext, form: Mapping[str, str], kind: FactorKind) -> Registered | Refusal:
    parts = context.parts
    site = Site.of(parts.desk.tenant)
    try:
        answer: Answer = read_answer(form[FIELD])
    except Unreadable as error:
        return Invalid("passkey_unreadable", str(error))
    must_verify = kind is FactorKind.PASSKEY and site.settings.user_verification == "required"
    return registered(
        site,
        answer,
        context.challenge,
        context.facts.handle,
        await parts.models(),
        verification=must_verify,
        conditional=context.facts.offers_passkey and form.get("mediation") == "conditional",
    )


def _refused(context: StepContext, refusal: Refusal, name: str) -> Progress:
    async def write(unit: JourneyUnit) -> Problem | None:
        unit.record(entry(context, "factor.refused", {"kind": FactorKind.PASSKEY.value}, refusal.code))
        return None

    error = _WRONG_MODEL if refusal.code == MODEL_REFUSED else _NOT_MADE
    return Progress(context.journey.state, write, Problem(notice=error, values={"name": name}))


async def _stored(context: StepContext, kind: FactorKind, name: str, made: Registered) -> Progress:
    parts, now = context.parts, context.parts.clock.now()
    customer, vault = owner(context)
    credential = msgspec.structs.replace(
        made.credential, name=name or made.credential.name, user_agent=context.request.user_agent
    )
    factor_id = FactorId.new(parts.clock, parts.entropy)
    sealed = seal_credential(vault, factor_id, credential)
    digest = credential_digest(credential.id)
    factor = StoredFactor(factor_id, customer.id, kind, sealed, digest, now, None, made.counter)
    needs_codes = kind is FactorKind.SECURITY_KEY and not context.facts.codes_left
    codes = new_codes(parts.entropy) if needs_codes else ()
    stored = stored_codes(await code_key(context), customer.id, codes, parts.clock, parts.entropy)
    announce = told(context, customer, vault, "passkey_added")
    data: dict[str, str | int] = {
        "factor": str(factor_id),
        "kind": kind.value,
        "synced": int(credential.backup_eligible),
    }
    end = _end_all(context, customer, now)

    async def write(unit: JourneyUnit) -> Problem | None:
        late = await out_of_date(context, unit, kind, codes)
        if late is not None:
            return replace(late, values={"name": name})
        if not await unit.factors.add_key(factor):
            return Problem(notice=_NOT_MADE, values={"name": name})
        if stored:
            await unit.factors.replace_codes(customer.id, stored)
        if end is not None and await end(unit) is not None:
            return Problem(notice="error.stale")
        unit.announce(Event("factor.added", customer.id, data))
        unit.record(entry(context, "factor.added", data))
        announce(unit)
        return None

    if not made.user_present:  # made by the browser alone: it proves nothing of whoever sits there
        return Progress(_done(context.journey.state, codes), write)
    proof = credential.evidence(now, user_verified=made.user_verified)
    return Progress(_done(with_proof(context, proof), codes), write)


def _end_all(context: StepContext, customer: Customer, now: Instant) -> Write | None:
    """Return what ends everything that rested on what was lost, where a passkey is made in place of it.

    *now* is the instant of the new proof: one made a moment earlier would end with the rest.
    """
    state, parts = context.journey.state, context.parts
    if state.path is not Path.RECOVER or not state.passkey.is_due:
        return None
    signed_out = customer.signed_out_everywhere(now)

    async def write(unit: JourneyUnit) -> Problem | None:
        vault = await parts.directory.vault_of(customer.id)
        if vault is None or not await unit.customers.update(seal(signed_out, vault), customer.version):
            return Problem(notice="error.stale")
        await unit.sessions.end_all(customer.id, now)
        unit.change("subject", f"{customer.subject}:{now}")
        return None

    return write


def _done(state: JourneyState, codes: tuple[str, ...]) -> JourneyState:
    making = Making(is_able=state.passkey.is_able, is_asked=True)
    return msgspec.structs.replace(state, task=Task(), second=Second(codes=codes), passkey=making)


async def rename_key(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Give a key another name."""
    state, key, name = context.journey.state, _target(context), typed_name(form)
    done = msgspec.structs.replace(state, task=Task())
    if key is None:
        return Progress(done)
    if not name:
        return Progress(state, problem=Problem({"name": "error.name_invalid"}))
    _, vault = owner(context)
    credential: Credential = msgspec.structs.replace(key.credential, name=name)
    renamed = msgspec.structs.replace(key.factor, sealed=seal_credential(vault, key.factor.id, credential))

    async def write(unit: JourneyUnit) -> Problem | None:
        if await unit.factors.rename_key(renamed):
            unit.record(entry(context, "factor.renamed", _data(key)))
        return None

    return Progress(done, write)


async def remove_key(context: StepContext) -> Progress:
    """Remove a key; with the last second factor go the recovery codes."""
    state, key = context.journey.state, _target(context)
    done = msgspec.structs.replace(state, task=Task())
    if key is None:
        return Progress(done)
    return Progress(done, await removal(context, key.factor))


def typed_name(form: Mapping[str, str]) -> str | None:
    """Return the name that was typed, maybe none; None where it will not do."""
    name = " ".join(form.get("name", "").split())
    return name if len(name) <= LONGEST_NAME and (not name or name.isprintable()) else None


def _target(context: StepContext) -> Key | None:
    return next((key for key in context.facts.keys if key.factor.id == context.journey.state.task.target), None)


def _data(key: Key) -> dict[str, str | int]:
    return {"factor": str(key.factor.id), "kind": key.factor.kind.value}
