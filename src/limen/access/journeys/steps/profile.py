"""What the profile lacks is asked for: a few fields on one page, which can be skipped unless they are required."""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.owner import owner
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import JourneyState
from limen.access.journeys.views import Problem, Progress, StepView, Write
from limen.identity.customers.directory import seal
from limen.identity.customers.records import Customer, Profile
from limen.identity.customers.validation import normalised, validate
from limen.identity.profiles.claims import ASKABLE
from limen.identity.profiles.forms import LONGEST, claim_field, field_of, input_name
from limen.identity.profiles.records import ProfileSettings, Question
from limen.identity.profiles.schema import read_value
from limen.identity.profiles.values import brought_up
from limen.kernel.events import AuditEntry, Event

_ERRORS = {
    "name.invalid": "error.name_invalid",
    "url.invalid": "error.url_invalid",
    "birthdate.invalid": "error.birthdate_invalid",
}


def due(_: JourneyState, facts: Facts) -> bool:
    """Tell whether anything is asked for."""
    return facts.question is not None


def view(context: StepContext) -> StepView:
    """Show the fields that are missing."""
    settings, question = context.parts.desk.tenant.settings.profile, context.facts.question
    asked = question or Question(fields=())
    data = {
        "client_name": context.facts.client_name,
        "fields": [_field(settings, name, context.journey.state.locale) for name in asked.fields],
        "may_skip": not asked.required,
    }
    return StepView("profile", context.journey.version, data=data)


def _field(settings: ProfileSettings, name: str, locale: str) -> dict[str, Any]:
    """Return how one field is shown; a standard claim has words of ours, an attribute the tenant's."""
    return claim_field(name) if name in ASKABLE else field_of(settings, name, locale)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Keep what was said, or that it was skipped."""
    state, question, customer = context.journey.state, context.facts.question, context.facts.customer
    if question is None or customer is None:
        return Progress(state, problem=Problem(notice="error.stale"))
    done = msgspec.structs.replace(state, questioned=True)
    if form.get("intent") == "skip" and not question.required:
        return Progress(done, _skipping(context, customer))
    settings = context.parts.desk.tenant.settings.profile
    typed = {_input(name): form.get(_input(name), "").strip()[: _longest(name) + 1] for name in question.fields}
    profile = normalised(_answered(settings, customer.profile, question, typed))
    problems = {name: "error.required" for name, text in typed.items() if question.required and not text}
    refused = validate(profile, settings, customer.profile)
    if refused is not None:
        problems |= {field: _ERRORS.get(key, "error.attribute_invalid") for field, key in refused.fields.items()}
    if problems:
        return Progress(state, problem=Problem(problems, values=typed))
    if profile == customer.profile:  # nothing was said: that is skipping too
        return Progress(done, _skipping(context, customer))
    return await _kept(context, done, customer, profile)


def _input(name: str) -> str:
    return name if name in ASKABLE else input_name(name)


def _longest(name: str) -> int:
    return max(LONGEST, claim_field(name)["maximum"]) if name in ASKABLE else LONGEST


def _answered(settings: ProfileSettings, profile: Profile, question: Question, typed: Mapping[str, str]) -> Profile:
    """Return *profile* with what was *typed*; what was left empty stays unsaid."""
    names = {name: typed[name] for name in question.fields if name in ASKABLE and typed[name]}
    told = {name: typed[_input(name)] for name in question.fields if name not in ASKABLE}
    values = {name: read_value(settings.attributes[name], text) for name, text in told.items() if text}
    return msgspec.structs.replace(profile, **names, attributes=brought_up(settings, profile.attributes) | values)


def _skipping(context: StepContext, customer: Customer) -> Write:
    now = context.parts.clock.now()

    async def write(unit: JourneyUnit) -> Problem | None:
        await unit.profiles.skipped(customer.id, now)
        return None

    return write


async def _kept(context: StepContext, done: JourneyState, customer: Customer, profile: Profile) -> Progress:
    _, vault = owner(context)
    changed = customer.with_profile(profile, context.parts.clock.now())
    sealed = seal(changed, vault)
    fields = profile.changed_from(customer.profile)
    data = {"version": changed.version, "fields": fields, "state": changed.state.value}
    entry = AuditEntry(
        event="customer.updated",
        actor=f"customer:{customer.id}",
        subject=customer.id,
        request_id=context.request.request_id,
        data=data,
        personal=context.request.personal,
    )

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await unit.customers.update(sealed, customer.version):
            return Problem(notice="error.stale")
        unit.announce(Event("customer.updated", customer.id, data))
        unit.record(entry)
        return None

    return Progress(done, write, vault=vault)
