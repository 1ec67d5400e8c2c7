"""Errands: what customers change through an application of theirs, by the steps of the account page.

::

    begun ── what was sent is taken ──> waiting (a code, an authenticator) ── answered ──> done
                                           │  └── sent again ──> waiting
                                           └── left, or its time is over ──> gone

An errand is a journey with a task that no browser opens: the steps, what they count, mail and record are the account
page's, so that there is no second rule for anything. Its customer is proven by what the token's session rests on, as
far as that is recent; whether it is enough was asked before (:mod:`.freshness`). No session comes of it, none is made
stronger by it, and no cookie changes. Where another step is due than those of its task, more has to be proven than an
application could ask for: that is for a sign-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from limen.access.account import costs
from limen.access.account.unit import Owner
from limen.access.journeys.context import StepContext
from limen.access.journeys.dispatcher import LONGEST_AGENT, Opened, count_proofs
from limen.access.journeys.facts import gather
from limen.access.journeys.pace import even_out
from limen.access.journeys.parts import JourneyParts
from limen.access.journeys.records import Journey, JourneyState, Path, Task
from limen.access.journeys.safekeeping import open_journey, seal
from limen.access.journeys.second_factors import RECENT
from limen.access.journeys.steps import authenticator_app, mailed_codes, passkey, phone, recovery_codes
from limen.access.journeys.table import Step, next_step
from limen.access.journeys.tasks import ADD_EMAIL, ADD_NUMBER, CHANGE_EMAIL, CHANGE_PASSWORD
from limen.access.journeys.views import Problem, Progress, StepView
from limen.access.sessions.records import Evidence, Session
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import SECOND
from limen.kernel.contention import retried
from limen.kernel.errors import Conflict, Invalid, NotFound, Refusal, Throttled, Unauthenticated, Unavailable
from limen.kernel.ids import JourneyId

STEPS_OF: Final[Mapping[str, frozenset[str]]] = {
    CHANGE_PASSWORD: frozenset({"change_password"}),
    CHANGE_EMAIL: frozenset({"new_email", "verify_email"}),
    ADD_EMAIL: frozenset({"new_email", "verify_email"}),
    ADD_NUMBER: frozenset({"phone"}),
    phone.ADD: frozenset({"phone"}),
    authenticator_app.ADD: frozenset({"authenticator_app"}),
    passkey.ADD: frozenset({"passkey"}),
    passkey.ADD_KEY: frozenset({"passkey"}),
    mailed_codes.ADD: frozenset({"mailed_codes"}),
    recovery_codes.RENEW: frozenset({"recovery_codes"}),
}
"""Task to the steps that it is done in: what may be an errand. Two accounts are made one at a browser alone."""

UNPROVEN: Final = Conflict("email_unproven", "another address would recover the account behind its owner")
NOT_ENOUGH: Final = Unauthenticated("insufficient_user_authentication", "a step is due that is not the task's")
_NOTHING: Final = Conflict("nothing_to_change")
_UNKNOWN: Final = NotFound("change_not_found", "unknown, over, or another session's")
_DONE: Final = Conflict("change_done")
_CHANGED: Final = Conflict("version_changed", "somebody was faster")


@dataclass(frozen=True, slots=True)
class Runner:
    """Who makes a change: a customer, in a session, through an application; and what that session rests on."""

    owner: Owner
    session: Session
    held: tuple[Evidence, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Errand:
    """A change as it stands.

    Attributes:
        view: the step that is due; None where it is done.
        codes: recovery codes that were made with it. They are said this once.
    """

    journey: Journey
    view: StepView | None
    codes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def kind(self) -> str:
        """Return the task."""
        return self.journey.state.task.kind


class Errands:
    """Runs the errands of one tenant's customers."""

    def __init__(self, parts: JourneyParts) -> None:
        """Use *parts*."""
        self.parts = parts

    async def begin(self, who: Runner, kind: str, form: Mapping[str, str] | None = None) -> Errand | Refusal:
        """Begin a change of *kind*, and give its first step *form*, if there is any to give."""
        parts, owner = self.parts, who.owner
        limited = await costs.over(parts.limiter, parts.tenant_id, owner.customer.id, costs.CHANGES)
        if limited is not None:
            return limited
        vault = await parts.keyring.new_subject(parts.tenant_id, JourneyId.new)
        now = parts.clock.now()
        state = JourneyState(
            path=Path.SIGN_IN,
            email=owner.customer.profile.email,
            customer_id=owner.customer.id,
            session_id=who.session.id,
            task=Task(kind),
            locale=owner.request.locale,
            user_agent=owner.request.user_agent[:LONGEST_AGENT],
            client=owner.client,
        )
        until = now + parts.desk.lifetimes.journey * SECOND
        journey = Journey(JourneyId(vault.subject_id), who.session.browser_id, state, now, until)
        async with parts.begin(parts.tenant_id) as unit:
            await unit.journeys.add(seal(journey, vault))
        opened = await self._with_facts(journey, vault, who)
        return self._shown(opened, who) if form is None else await self._answered(opened, form, who)

    async def find(self, who: Runner, errand_id: JourneyId) -> Errand | Refusal:
        """Return a change as it stands."""
        opened = await self._open(who, errand_id)
        return opened if isinstance(opened, Errand | Refusal) else self._shown(opened, who)

    async def answer(
        self, who: Runner, errand_id: JourneyId, form: Mapping[str, str], expected_version: int | None = None
    ) -> Errand | Refusal:
        """Give *form* to the step that is due."""
        opened = await self._open(who, errand_id)
        if isinstance(opened, Errand):
            return _DONE
        if isinstance(opened, Refusal):
            return opened
        if expected_version not in {None, opened.journey.version}:
            return _CHANGED
        return await self._answered(opened, form, who)

    async def leave(self, who: Runner, errand_id: JourneyId) -> Refusal | None:
        """Let a change go that is not done."""
        opened = await self._open(who, errand_id)
        if isinstance(opened, Errand):
            return _DONE
        if isinstance(opened, Refusal):
            return opened
        gone = self._over(opened.journey, Task())
        async with self.parts.begin(self.parts.tenant_id) as unit:
            is_first = await unit.journeys.advance(seal(gone, opened.vault), opened.journey.version)
        return None if is_first else _CHANGED

    async def _open(self, who: Runner, errand_id: JourneyId) -> Opened | Errand | Refusal:
        """Return a change that is under way, or one that is done."""
        parts = self.parts
        async with parts.read(parts.tenant_id) as unit:
            sealed = await unit.journeys.get(errand_id)
        if sealed is None or sealed.expires_at <= parts.clock.now():
            return _UNKNOWN
        found = await open_journey(parts.keyring, parts.tenant_id, sealed)
        if found is None:
            return _UNKNOWN
        journey, vault = found
        state, owner = journey.state, who.owner
        theirs = (owner.client, owner.customer.id, who.session.id)
        if (state.client, state.customer_id, state.session_id) != theirs or not state.client or not state.task:
            return _UNKNOWN
        if journey.finished_at is not None:
            return Errand(journey, None)
        return await self._with_facts(journey, vault, who)

    async def _with_facts(self, journey: Journey, vault: SubjectVault, who: Runner) -> Opened:
        """Return a change with what is true around it: its proof is what the token of this very request brings."""
        parts, now = self.parts, self.parts.clock.now()
        recent = tuple(piece for piece in who.held if now - piece.at <= RECENT)
        journey = msgspec.structs.replace(journey, state=msgspec.structs.replace(journey.state, evidence=recent))
        async with parts.read(parts.tenant_id) as unit:
            facts = await gather(parts, unit, journey, who.owner.vault)
            owners = await unit.sessions.owners_at(journey.browser_id)
        return Opened(journey, vault, msgspec.structs.replace(facts, device_of=owners))

    def _step(self, opened: Opened) -> Step | Refusal:
        """Return the step that is due, if it is one of the task's."""
        state = opened.journey.state
        step = next_step(state, opened.facts)
        if step is None:
            return _NOTHING
        if step.name in STEPS_OF[state.task.kind]:
            return step
        return UNPROVEN if step.name == "prove_address" else NOT_ENOUGH

    def _shown(self, opened: Opened, who: Runner) -> Errand | Refusal:
        step = self._step(opened)
        if isinstance(step, Refusal):
            return step
        return Errand(opened.journey, step.view(self._context(opened, who)))

    def _context(self, opened: Opened, who: Runner) -> StepContext:
        return StepContext(self.parts, opened.journey, opened.vault, opened.facts, who.owner.request)

    async def _answered(self, opened: Opened, form: Mapping[str, str], who: Runner) -> Errand | Refusal:
        parts, started = self.parts, self.parts.clock.monotonic()
        step = self._step(opened)
        if isinstance(step, Refusal):
            return step
        slowest = await parts.slowest(parts) if step.is_even else 0.0
        progress = await step.submit(self._context(opened, who), form)
        found: Errand | Refusal
        if progress.is_idle and progress.problem is not None:
            found = _refusal(progress.problem)
        else:
            found = await retried(lambda: self._written(opened, progress, who), parts.clock)
        if step.is_even and not (isinstance(found, Errand) and found.view is None):
            await even_out(parts, started, slowest)
        return found

    async def _written(self, opened: Opened, progress: Progress, who: Runner) -> Errand | Refusal:
        """Write in one unit what *progress* says, and the change one step on; or, its write refused, as it was."""
        parts, before = self.parts, opened.journey
        async with parts.begin(parts.tenant_id) as unit:
            if not await unit.journeys.hold(before.id, before.version):
                return _CHANGED
            unit.seal_with(who.owner.vault)
            refused = await progress.write(unit) if progress.write else None
            problem = refused or progress.problem
            after, codes = msgspec.structs.replace(before, version=before.version + 1), progress.state.second.codes
            if refused is None:
                after = msgspec.structs.replace(after, state=progress.state, link_hash=progress.link_hash)
            is_refused = problem is not None and problem.status >= 400
            is_over = not after.state.task
            if is_over:
                after = self._over(after, Task() if is_refused else before.state.task)
            await unit.journeys.advance(seal(after, opened.vault), before.version)
        count_proofs(parts, before.state, progress, counts=refused is None)
        if problem is not None and is_refused:
            return _refusal(problem)
        if is_over:
            return Errand(after, None, codes)
        return self._shown(await self._with_facts(after, opened.vault, who), who)

    def _over(self, journey: Journey, task: Task) -> Journey:
        """Return *journey* at its end: nothing is left but whose it was, and the *task* that was done."""
        state = journey.state
        kept = JourneyState(
            state.path,
            customer_id=state.customer_id,
            session_id=state.session_id,
            task=Task(task.kind),
            client=state.client,
        )
        return msgspec.structs.replace(journey, state=kept, finished_at=self.parts.clock.now(), link_hash=None)


def _refusal(problem: Problem) -> Refusal:
    """Return what a page says in words as a program reads it: by field, or by its code."""
    code, retry_after = problem.notice.removeprefix("error."), max(1, problem.retry_after)
    if problem.status == 429:
        return Throttled("too_many_requests", code, retry_after=retry_after)
    if problem.status == 503:
        return Unavailable(code, retry_after=retry_after)
    if problem.errors:
        fields = {name: error.removeprefix("error.") for name, error in problem.errors.items()}
        return Invalid("invalid_answer", fields=fields)
    return Conflict(code)
