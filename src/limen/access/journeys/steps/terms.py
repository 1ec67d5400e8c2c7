"""What the tenant requires is accepted before anybody arrives: terms in the words of their newest version."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.views import Problem, Progress, StepView
from limen.identity.consents.ages import has_reached
from limen.identity.consents.decide import Prepared, Source, Wish, prepare, wished, write
from limen.identity.consents.purposes import Purpose
from limen.identity.consents.records import Decision
from limen.identity.customers.records import Customer
from limen.kernel.errors import Refusal

_DECISIONS = {"accept": Decision.GIVEN, "decline": Decision.REFUSED}
AGE = "age"
"""The box by which somebody says to be old enough."""


def view(context: StepContext) -> StepView:
    """Show the words of everything that is due."""
    purposes, languages = context.facts.terms_due, context.request.reads
    data = {
        "client_name": context.facts.client_name,
        "purposes": [_words(one, languages) for one in purposes],
        "minimum_age": _years(context, reached=None),
        "too_young": _years(context, reached=False),
        "seen": _seen(purposes),
    }
    return StepView("terms", context.journey.version, data=data)


def _words(purpose: Purpose, languages: Sequence[str]) -> dict[str, Any]:
    language, text = purpose.terms.text(*languages)
    paragraphs = [part.strip() for part in text.body.split("\n\n") if part.strip()]
    return {"title": text.title, "paragraphs": paragraphs, "language": language, "is_new": purpose.current.number > 1}


def _years(context: StepContext, *, reached: bool | None) -> int:
    """Return the highest age of which the customer's date of birth says *reached*; 0 where there is none such."""
    birthdate, now = _birthdate(context), context.parts.clock.now()
    asked = {one.terms.minimum_age for one in context.facts.terms_due} - {0}
    return max((years for years in asked if has_reached(birthdate, years, now) is reached), default=0)


def _birthdate(context: StepContext) -> str:
    customer = context.facts.customer
    return customer.profile.birthdate if customer is not None else ""


def _seen(purposes: Sequence[Purpose]) -> str:
    """Return what a form carries back: which versions were shown, so that no other ones are accepted by it."""
    return " ".join(f"{one.name}:{one.current.number}" for one in purposes)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Accept everything that was shown, or decline and be nobody again: no session begins without."""
    state, purposes, customer = context.journey.state, context.facts.terms_due, context.facts.customer
    decision = _DECISIONS.get(form.get("decision", ""))
    if decision is None or customer is None:
        return Progress(state, problem=Problem(notice="error.invalid"))
    if form.get("seen") != _seen(purposes):
        return Progress(state, problem=Problem(notice="error.stale"))
    if decision is Decision.GIVEN and _years(context, reached=False):
        return Progress(state, problem=Problem(notice="error.too_young"))
    years = _years(context, reached=None)
    if decision is Decision.GIVEN and years and form.get(AGE) != "yes":
        return Progress(state, problem=Problem({AGE: "error.age_not_confirmed"}, data={"minimum_age": years}))
    decided = await _prepared(context, purposes, customer, decision)
    if isinstance(decided, Refusal):
        return Progress(state, problem=Problem(notice="error.stale"))

    async def record(unit: JourneyUnit) -> Problem | None:
        for one in decided:
            await write(unit, one, context.parts.clock)
        return None

    if decision is Decision.GIVEN:
        return Progress(state, record)
    nobody = msgspec.structs.replace(state, customer_id="", session_id="", evidence=(), fresh_login=True)
    return Progress(nobody, record, Problem(notice="terms.declined", status=200))


async def _prepared(
    context: StepContext, purposes: Sequence[Purpose], customer: Customer, decision: Decision
) -> list[Prepared] | Refusal:
    parts, request = context.parts, context.request
    client = context.facts.client
    source = Source("journey", f"customer:{customer.id}", request, client.client_id if client is not None else "")
    vault = await parts.keyring.subject(parts.tenant_id, customer.id)
    found: list[Prepared] = []
    for one in purposes:
        shown, (language, _) = one.current.number, one.terms.text(*request.reads)
        wish = Wish(one.name, decision, shown, language, one.terms.minimum_age, customer.profile.birthdate)
        made = wished(one, wish, customer.id, source, parts.clock.now())
        if isinstance(made, Refusal):
            return made
        found.append(prepare(made, source, vault, parts.clock, parts.entropy))
    return found
