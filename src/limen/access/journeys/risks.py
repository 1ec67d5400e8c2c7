"""What risk says of a right password, on record; and what is remembered of a sign-in that came to a session.

The first sign-in of a customer has nothing to be compared with. Whoever signs in by a passkey or a mailed code is not
asked about: they are remembered, so that the next password is held against everything that their customer showed.
"""

from dataclasses import dataclass

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.guarding import Guarded
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.records import Journey, Path
from limen.access.journeys.unfamiliar import tell
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.context import RequestContext
from limen.kernel.errors import Fault
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import SessionId
from limen.trust.attacks.records import Bar
from limen.trust.risk.agents import agent_values
from limen.trust.risk.records import Assessment, Failures, Sighting, Standing

RISK = "risk"
"""The reason of a doubt that rests on the score alone."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of a sign-in.

    ``challenges`` is what the tenant's threshold says, ``asks`` whether that is done: not in the shadow.
    """

    seen: Sighting
    found: Assessment
    challenges: bool
    asks: bool


def sighting(parts: JourneyParts, journey: Journey, request: RequestContext) -> Sighting:
    """Return what a request shows."""
    where = parts.judge.geography.of(request.address)
    listed = parts.guard.listed(request.address).bar is not Bar.NONE
    return Sighting(
        at=parts.clock.now(),
        values={**where.values, **agent_values(request.user_agent)},
        device=str(journey.browser_id),
        place=where.place,
        standing=Standing(listed=listed),
    )


async def judged(
    context: StepContext, customer: Customer, vault: SubjectVault, found: Guarded, *, is_breached: bool
) -> Judged | None:
    """Return what risk says of a right password; None where it says nothing.

    Where the database cannot be asked nobody signs in at all, so no stance of its own is needed.
    """
    parts, judge = context.parts, context.parts.judge
    if judge.is_off:
        return None
    seen = sighting(parts, context.journey, context.request)
    failures = Failures(found.counts.account, found.counts.address)
    seen = Sighting(seen.at, seen.values, seen.device, seen.place, seen.standing, failures, is_breached)
    async with parts.read(parts.tenant_id) as unit:
        history = await judge.history(unit, customer.id, vault)
        if history.is_empty:
            return None
        assessment = await judge.assess(unit, history, seen)
    challenges = judge.challenges(assessment)
    return Judged(seen, assessment, challenges, asks=challenges and judge.settings.mode == "on")


def outcome(of: Judged) -> str:
    """Return what came of it, in a word: ``allow``, ``challenge``, or ``shadow`` for a challenge that was not made."""
    if not of.challenges:
        return "allow"
    return "challenge" if of.asks else "shadow"


async def note(context: StepContext, unit: JourneyUnit, customer: Customer, of: Judged) -> None:
    """Put what was said on record: for the tenant's administrators, with reasons, and with the model that said so."""
    data = {
        "outcome": outcome(of),
        "probability": round(of.found.probability, 4),
        "score": round(of.found.score, 2),
        "reasons": list(of.found.reasons),
        "model": of.found.model,
    }
    if of.asks:
        await context.parts.judge.suspect(unit, of.seen)
    unit.announce(Event("risk.assessed", customer.id, dict(data)))
    unit.record(
        AuditEntry(
            event="risk.assessed",
            actor=f"customer:{customer.id}",
            subject=customer.id,
            request_id=context.request.request_id,
            data=data,
            personal={"address": context.request.address, "user_agent": context.request.user_agent},
        )
    )


async def remember(  # noqa: PLR0913 - the end of a journey
    parts: JourneyParts,
    unit: JourneyUnit,
    journey: Journey,
    facts: Facts,
    session_id: SessionId,
    request: RequestContext,
) -> None:
    """Add a sign-in that came to a session to what its customer showed, and to what is counted of everybody.

    Its customer is told where it is new to them. A recovery tells of the password or passkey that it set.
    """
    if parts.judge.is_off or facts.vault is None:
        return
    if facts.customer is None:
        msg = "a vault without its customer"
        raise Fault(msg)
    seen = sighting(parts, journey, request)
    tells = journey.state.path is not Path.RECOVER
    new = await parts.judge.remember(unit, facts.customer.id, facts.vault, seen, tells=tells)
    if new:
        tell(parts, unit, (facts.customer, facts.vault), new, (session_id, seen), request)
    if journey.state.doubt.reason == RISK:  # it was the customer after all
        await parts.judge.suspect(unit, seen, -1)
