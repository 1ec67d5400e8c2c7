"""What risk says of a right proof, on record; and what is remembered of a sign-in that came to a session.

The first sign-in of a customer has nothing to be compared with, so that nothing is said of it.
"""

from typing import Final, Protocol

import msgspec

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.guards.unfamiliar import UNUSUAL, tell
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.records import Doubt, Journey, Path
from limen.identity.keyring import SubjectVault
from limen.identity.tenants.risk import Action
from limen.kernel.context import RequestContext
from limen.kernel.errors import Fault
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId, SessionId
from limen.kernel.units import AnnouncesEvents, RecordsAudit
from limen.trust.risk.agents import agent_values
from limen.trust.risk.decide import Decision, Outcome
from limen.trust.risk.judge import Kept, RiskJudge, RiskUnit
from limen.trust.risk.manner import manner_values
from limen.trust.risk.records import Assessment, Sighting, Standing

RISK: Final = "risk"
"""The reason of a doubt that rests on the score alone."""


class Judged(msgspec.Struct, frozen=True):
    """What was said of one action, and what is decided about it.

    Attributes:
        seen: what the request shows.
        found: what the model says.
        decision: what the tenant does about it.
        action: what was done.
        client: for which application; empty for the account page.
        done: what of it is done: a notice, a challenge, a delay, a denial.
        kept: the customer's history as it was read for it.
    """

    seen: Sighting
    found: Assessment
    decision: Decision
    action: Action
    client: str
    done: frozenset[str]
    kept: Kept | None = None

    def does(self, what: str) -> bool:
        """Tell whether *what* is done."""
        return what in self.done

    def without_more(self) -> "Judged":
        """Return it where more cannot be asked for, as a mailbox is nothing beside itself: the customer is told."""
        if "challenge" not in self.done:
            return self
        return msgspec.structs.replace(self, done=self.done - {"challenge"} | {"notify"})

    @property
    def gravest(self) -> tuple[Outcome, bool]:
        """Return the gravest that was decided, and whether it is done."""
        outcome = self.decision.outcome
        return outcome, outcome == "allow" or outcome in self.done

    def doubt(self, before: Doubt, of: str) -> Doubt:
        """Return the doubt *before* with what risk adds: the authenticator *of* was the right one."""
        asks = "challenge" in self.done
        return Doubt(
            reason=before.reason or (RISK if asks else ""),
            asks=before.asks or asks,
            changes=before.changes,
            of=of,
            level=self.decision.level if asks else "",
            notifies="notify" in self.done,
            is_suspected=asks,
        )


def sighting(parts: JourneyParts, journey: Journey, request: RequestContext) -> Sighting:
    """Return what a request shows."""
    judge, known = parts.judge, parts.guard.standing(request.address)
    where = known.beside(judge.geography.of(request.address))
    told = manner_values(journey.state.manner, judge.settings, judge.present)
    return Sighting(
        at=parts.clock.now(),
        values={**where.values, **agent_values(request.user_agent), **told},
        device=str(journey.browser_id),
        place=where.place,
        standing=Standing(where.anonymiser, where.hosting, known.is_listed, where.carrier),
    )


async def judged(
    context: StepContext, owner: tuple[CustomerId, SubjectVault], seen: Sighting, action: Action
) -> Judged | None:
    """Return what risk says of a right proof, and does in part: it is counted, and a delayed answer waits here.

    None where it says nothing. Where the database cannot be asked nobody signs in at all; where a history cannot be
    read, the tenant's stance holds (``when_away``).
    """
    parts, judge, request = context.parts, context.parts.judge, context.facts.request
    if judge.is_off:
        return None
    client = request.client_id if request is not None else ""
    async with parts.read(parts.tenant_id) as unit:
        return await held_against(judge, unit, owner, seen, (action, client))


async def held_against(
    judge: RiskJudge, unit: RiskUnit, owner: tuple[CustomerId, SubjectVault], seen: Sighting, of: tuple[Action, str]
) -> Judged | None:
    """Return what *judge* says of an action for an application; None where there is nothing to hold it against."""
    kept, found = await judge.scored(unit, *owner, seen)
    if kept.history is not None and kept.history.is_empty:
        return None
    decision = judge.decides_away(*of) if kept.history is None else judge.decides(found, *of)
    return Judged(seen, found, decision, *of, decision.reached if judge.is_on else frozenset(), kept)


async def settled(context: StepContext, of: Judged) -> None:
    """Measure what was decided, and wait where the answer is delayed; no transaction is open."""
    parts = context.parts
    parts.count_risk(of.action, *of.gravest, of.found.probability)
    if of.does("delay") and not of.does("deny"):
        await parts.clock.sleep(parts.judge.settings.delay_seconds)


class Noting(RiskUnit, RecordsAudit, AnnouncesEvents, Protocol):
    """What is asked of a unit of work that puts a decision on record."""


async def note(judge: RiskJudge, unit: Noting, customer_id: CustomerId, of: Judged, request: RequestContext) -> None:
    """Put what was said on record: for the tenant's administrators, with reasons, and with the model that said so."""
    outcome, is_enforced = of.gravest
    data = {
        "action": of.action,
        "client": of.client,
        "outcome": outcome,
        "enforced": is_enforced,
        "probability": round(of.found.probability, 4),
        "score": round(of.found.score, 2),
        "reasons": list(of.found.reasons),
        "model": of.found.model,
    }
    if not of.done.isdisjoint(("challenge", "deny")):
        await judge.suspect(unit, of.seen)
    unit.announce(Event("risk.assessed", customer_id, dict(data)))
    unit.record(
        AuditEntry(
            event="risk.assessed",
            actor=f"customer:{customer_id}",
            subject=customer_id,
            request_id=request.request_id,
            data=data,
            personal=request.personal,
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

    Its customer is told where it is new to them, or where risk says so. A recovery tells of the password or passkey
    that it set.
    """
    if parts.judge.is_off or facts.vault is None:
        return
    if facts.customer is None:
        msg = "a vault without its customer"
        raise Fault(msg)
    kept, doubt = facts.habits, journey.state.doubt
    seen = sighting(parts, journey, request) if kept is None else kept.seen
    tells = journey.state.path is not Path.RECOVER
    new = await parts.judge.remember(unit, facts.customer.id, facts.vault, seen, kept=kept, tells=tells)
    if doubt.notifies and not new:
        new = (UNUSUAL,)
    if new:
        tell(parts, unit, (facts.customer, facts.vault), new, (session_id, seen), request)
    if doubt.is_suspected:  # it was the customer after all
        await parts.judge.suspect(unit, seen, -1)
