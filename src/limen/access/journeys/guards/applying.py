"""A sign-up at the door: its score, what is decided of it, and what is on record.

A sign-up is an action of risk like any other, but nobody has shown anything before: what speaks are its own reasons
(``trust.fraud``) and the tenant's patterns. A decision that stops it is on record at once, under its journey; any other
waits in the draft and is on record with the account that it led to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.guards.door import proof_data, proves
from limen.access.journeys.guards.patterns import PATTERN, pattern_news, patterned, with_news
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import Decided, JourneyState
from limen.access.journeys.views import Problem, Progress
from limen.kernel.clock import SECOND
from limen.kernel.events import AuditEntry, Event
from limen.trust.attacks.records import Bar, network_of
from limen.trust.fraud.patterns import Matched
from limen.trust.fraud.sign_ups import MODEL, REASONS, Application, Score, facts_of
from limen.trust.limits import Limit, address_key
from limen.trust.risk.decide import Decision
from limen.trust.risk.manner import is_driven, manner_values
from limen.trust.risk.records import POINTER, PRINT, TYPING

TRAP: Final = "website"
"""A field that no person sees, and that machines like to fill in."""
_RECORDED: Final = Limit(20, 600, "sign-ups-stopped")
"""So many that are stopped are on record from one address: beyond that they are counted, and fill no log."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A sign-up that was judged.

    Attributes:
        problem: what it lacks, if anything.
        news: what is announced of it.
        decided: what was decided; None where nothing was scored.
    """

    problem: Problem | None = None
    news: tuple[Event, ...] = ()
    decided: Decided | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What the score and the patterns say together.

    Patterns have a mode of their own: what they ask is done, whatever that of the score is.
    """

    score: Score
    matches: Matched
    by_score: Decision
    is_on: bool

    @property
    def together(self) -> Decision:
        """Return what is decided."""
        return Decision(self.by_score.reached | ({self.matches.then} - {"allow"}), self.by_score.level)

    def does(self, what: str) -> bool:
        """Tell whether *what* is done."""
        return (self.is_on and what in self.by_score.reached) or what == self.matches.then

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why, the gravest first."""
        return (*self.score.reasons, *([PATTERN] if self.matches.then != "allow" else []))

    def decided(self, client: str) -> Decided:
        """Return what goes on record."""
        outcome = self.together.outcome
        return Decided(
            client,
            outcome,
            outcome == "allow" or self.does(outcome),
            round(self.score.share, 4),
            float(self.score.total),
            tuple(REASONS[name] for name in self.reasons),
            MODEL,
        )


async def applied(context: StepContext, email: str, form: Mapping[str, str]) -> Applied:
    """Return what becomes of a sign-up for *email*; no problem where it may go on."""
    parts, request = context.parts, context.request
    if parts.guard.listed(request.address).bar is Bar.BLOCK:
        parts.count_guard("refused", "listed")
        return Applied(Problem(notice="error.sign_up_refused", status=403))
    seconds = (parts.clock.now() - context.journey.created_at) / SECOND
    applies = Application(
        email,
        request.address,
        request.user_agent,
        seconds,
        bool(form.get(TRAP)),
        device=str(context.journey.browser_id),
        is_signed=bool(request.signed_by),
        **_manner(context),
    )
    score = await parts.sign_ups.judge(applies)
    matches = patterned(context, "sign_up", email, seconds=int(seconds), score=score.total, **facts_of(applies, score))
    news = await pattern_news(context, "sign_up", matches)
    served, mode = context.facts.request, parts.sign_ups.settings.mode
    client = served.client_id if served is not None else ""
    found = _Found(score, matches, parts.sign_ups.decides(score, client), mode == "on")
    decided = found.decided(client) if mode != "off" else None
    if decided is not None:
        parts.count_risk("sign_up", decided.outcome, decided.enforced, decided.probability)
    return Applied(await _problem(context, form, found), news, decided)


def _manner(context: StepContext) -> dict[str, Any]:
    """Return what the page told of the browser and its user, where the tenant wants that."""
    judge, told = context.parts.judge, context.journey.state.manner
    values = manner_values(told, judge.settings, judge.present)
    is_machine = values.get(TYPING) == "even" or values.get(POINTER) == "jump"
    return {
        "fingerprint": values.get(PRINT, ""),
        "is_driven": is_driven(told, judge.settings),
        "is_machine_like": is_machine,
    }


async def _problem(context: StepContext, form: Mapping[str, str], found: _Found) -> Problem | None:
    """Do what is decided, and return what the sign-up lacks."""
    parts, address = context.parts, context.request.address
    if found.does("delay") and not found.does("deny"):
        await parts.clock.sleep(parts.judge.settings.delay_seconds)
    if not (found.does("challenge") or found.does("deny")):
        if parts.sign_ups.settings.mode == "shadow" and found.by_score.reached & {"challenge", "deny"}:
            parts.count_guard("shadowed", f"sign_up_{found.reasons[0]}")
        return None
    problem = None
    if found.does("deny"):
        problem = Problem(notice="error.sign_up_refused", status=403)
    elif not await proves(context, form, parts.guard.settings.work):
        problem = Problem(notice="error.sign_up_proof", data=proof_data(context, parts.guard.settings.work))
    by_score = found.is_on and bool(found.by_score.reached & {"challenge", "deny"})
    parts.count_guard(
        "passed" if problem is None else "refused", f"sign_up_{found.reasons[0] if by_score else PATTERN}"
    )
    if problem is not None and problem.status == 403:
        await parts.guard.note("sign_ups_refused", network_of(address))
    return problem


async def stopped(context: StepContext, state: JourneyState, found: Applied, typed: dict[str, str]) -> Progress:
    """Return the page again, with what was decided on record: of the journey, since there is no account.

    No limit has spoken yet, so that a crowd of them would be on record without end.
    """
    problem = replace(found.problem, values=typed) if found.problem is not None else None
    progress = with_news(context, Progress(state, problem=problem, is_idle=True), found.news)
    key = f"{_RECORDED.name}:{context.parts.tenant_id}:{address_key(context.request.address)}"
    if found.decided is None or not (await context.parts.limiter.hit(key, _RECORDED)).allowed:
        return progress
    before, decided = progress.write, found.decided

    async def write(unit: JourneyUnit) -> Problem | None:
        note(context, unit, decided, "")
        return await before(unit) if before is not None else None

    return msgspec.structs.replace(progress, write=write, is_idle=False)


def note(context: StepContext, unit: JourneyUnit, decided: Decided, customer_id: str) -> None:
    """Put a decision on record: of the account that it led to, or of the journey where it led to none."""
    data: dict[str, Any] = {"action": "sign_up", **msgspec.to_builtins(decided)}
    request, subject = context.request, customer_id or context.journey.id
    unit.announce(Event("risk.assessed", customer_id, dict(data)))
    unit.record(
        AuditEntry(
            event="risk.assessed",
            actor=f"customer:{customer_id}" if customer_id else "browser",
            subject=subject,
            request_id=request.request_id,
            data=data,
            personal=request.personal,
        )
    )
