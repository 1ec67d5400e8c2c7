"""The dispatcher: loads a journey, asks for the next step, lets the step answer, and writes both in one commit.

A form is taken only by the step that is due, at the version it was shown with; a double submit, the back button and a
second tab therefore show the present step instead. No transaction is open while a step hashes or seals. A step becomes
a view where it is shown (:meth:`Journeys.view_of`), and not where an answer sends the browser on.

An answer that may depend on an account waits for the even step of the clock, unless it answers a proof: its page, its
cookie and where it leads say that the account exists and what was right; its time adds nothing. A right password that
does not help (the account is disabled, the tries are spent, risk denies it, somebody was faster) is answered as a wrong
one is, and waits as that does.
"""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from limen.access.journeys.arrival import Arrived, OutrunError, arrive, rotated_cookie
from limen.access.journeys.begun import LONGEST, Begun, knows_nobody, open_begun, seal_begun, vault_of
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.facts import facts_of_nobody, gather
from limen.access.journeys.guards.weighing import weighed, weighed_task
from limen.access.journeys.pace import even_out
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.records import Journey, JourneyState
from limen.access.journeys.safekeeping import open_journey, seal
from limen.access.journeys.table import next_step
from limen.access.journeys.views import Problem, Progress, StepView, Write
from limen.access.sessions.cookies import BrowserCookie
from limen.access.sessions.records import Browser
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import SECOND
from limen.kernel.contention import retried
from limen.kernel.context import RequestContext
from limen.kernel.errors import Expired, Fault, NotFound, Refusal, Throttled
from limen.kernel.ids import BrowserId, JourneyId

LONGEST_AGENT = 400
_MOVED_ON = Problem(notice="notice.moved_on", status=200)


class Opened(msgspec.Struct, frozen=True):
    """A journey that its browser opened; ``begun`` bears it while it is not stored.

    ``problem`` is what is to be said above the step that is due, whose view is made where it is shown.
    """

    journey: Journey
    vault: SubjectVault
    facts: Facts
    begun: Begun | None = None
    problem: Problem | None = None

    def by(self, browser: Browser, *, at_newcomer: bool = False) -> "Opened":
        """Return it as *browser* opened it, which its secret proved."""
        return replace(self, facts=replace(self.facts, proven_by=browser.secret_hash, at_newcomer=at_newcomer))


class Proven(msgspec.Struct, frozen=True):
    """The journey after a proof. ``cookie`` replaces the browser's: what stood there before proves nothing."""

    opened: Opened
    cookie: BrowserCookie


Shown = Opened | Proven | Arrived | Refusal


class Journeys:
    """Walks the journeys of one tenant."""

    def __init__(self, parts: JourneyParts) -> None:
        """Use *parts*."""
        self.parts = parts

    async def begin(
        self,
        state: JourneyState,
        browser: Browser,
        request: RequestContext,
        *,
        newcomer: Browser | None = None,
        may_wait: bool = False,
    ) -> Opened | Arrived | Refusal:
        """Begin a journey; return it with what is true at its first step, or where it ended with nothing to ask.

        The browser is stored already, or is the *newcomer* that is stored with the journey. Where it *may_wait* both
        are stored with the first answer, if nobody is known yet: what is returned is to be borne by its page.
        """
        parts, browser_id = self.parts, browser.id
        state = replace(state, user_agent=request.user_agent[:LONGEST_AGENT], locale=request.locale)
        if state.customer_id:  # where nobody is known there is something to ask
            keyless = self._fresh(JourneyId.new(parts.clock, parts.entropy), browser_id, state)
            ended = await self._arrived_already(keyless, browser, request)
            if ended is not None:
                return ended
        if may_wait and knows_nobody(state):
            journey = self._fresh(JourneyId.new(parts.clock, parts.entropy), browser_id, state)
            vault = vault_of(await parts.keyring.tenant(parts.tenant_id), journey.id, browser_id)
            begun = Begun(seal_begun(vault, journey), newcomer)
            if len(begun.text) <= LONGEST:
                return Opened(journey, vault, await facts_of_nobody(parts, state), begun)
        vault = await parts.keyring.new_subject(parts.tenant_id, JourneyId.new)
        journey = self._fresh(JourneyId(vault.subject_id), browser_id, state)
        write: Write | None = None
        if state.task and state.customer_id:
            opened = await self.open_for(journey, vault)
            found = await weighed_task(StepContext(parts, journey, vault, opened.facts, request))
            if isinstance(found, Throttled):
                return found
            journey, write = replace(journey, state=found[0]), found[1]
        # Whose journey has only begun has said nothing yet, and begins anew if it is lost.
        async with (parts.passing if write is None else parts.begin)(parts.tenant_id) as unit:
            if newcomer is not None:
                await unit.sessions.add_browser(newcomer)
            await unit.journeys.add(seal(journey, vault))
            if write is not None:
                await write(unit)
            facts = await gather(parts, unit, journey)
        return Opened(journey, vault, facts)

    def _fresh(self, journey_id: JourneyId, browser_id: BrowserId, state: JourneyState) -> Journey:
        now = self.parts.clock.now()
        return Journey(journey_id, browser_id, state, now, now + self.parts.desk.lifetimes.journey * SECOND)

    async def _arrived_already(
        self, journey: Journey, browser: Browser, request: RequestContext
    ) -> Arrived | Refusal | None:
        """Return the end of a journey that has nothing to ask; None where it has, or its *browser* was changed."""
        parts = self.parts
        async with parts.read(parts.tenant_id) as unit:
            facts = await gather(parts, unit, journey)
        if next_step(journey.state, facts) is not None:
            return None
        try:
            async with parts.begin(parts.tenant_id) as unit:
                facts = await gather(parts, unit, journey)
                if next_step(journey.state, facts) is None:  # still: what was ended meanwhile is asked for after all
                    facts = replace(facts, proven_by=browser.secret_hash)
                    return await arrive(parts, unit, journey, facts, request)
        except OutrunError:  # the journey waits for whoever holds the browser now
            return None
        return None

    async def submit(self, opened: Opened, form: Mapping[str, str], request: RequestContext) -> Shown:
        """Give *form* to the step that is due."""
        started = self.parts.clock.monotonic()
        opened = _in_language(opened, request.locale)
        if form.get("version") != str(opened.journey.version):
            return replace(opened, problem=_MOVED_ON)
        borne = opened
        if opened.begun is not None:
            opened = await self._named(opened)
        journey = opened.journey
        step = next_step(journey.state, opened.facts)
        if step is None:
            return await self._commit(opened, Progress(journey.state), request)
        context = StepContext(self.parts, journey, opened.vault, opened.facts, request)
        slowest = await self.parts.slowest(self.parts) if step.is_even else 0.0
        progress = await step.submit(context, form)
        if progress.is_idle:
            shown: Shown = replace(borne, problem=progress.problem)
            if borne.begun is not None:  # whoever is turned away costs no key
                self.parts.keyring.return_subject(opened.vault, JourneyId.new)
        else:
            shown = await self._commit(opened, progress, request)
        if step.is_even and not _has_proven(journey.state, progress, shown):
            await even_out(self.parts, started, slowest)
        return shown

    async def _named(self, opened: Opened) -> Opened:
        """Give a journey that has only begun the name and the key that it is stored with."""
        vault = await self.parts.keyring.new_subject(self.parts.tenant_id, JourneyId.new)
        name = JourneyId(vault.subject_id)
        journey = replace(opened.journey, id=name, begun_as=opened.journey.id)
        return replace(opened, journey=journey, vault=vault)

    async def prove(self, opened: Opened, progress: Progress, request: RequestContext) -> Shown:
        """Commit what a confirmed link proved."""
        return await self._commit(opened, progress, request)

    async def open_for(self, journey: Journey, vault: SubjectVault) -> Opened:
        """Return a journey that was found by its link, with its facts."""
        async with self.parts.read(self.parts.tenant_id) as unit:
            return Opened(journey, vault, await gather(self.parts, unit, journey))

    async def open(  # noqa: PLR0913 - what a request says of its journey
        self,
        journey_id: JourneyId,
        browser: Browser,
        unit: JourneyUnit,
        begun: Begun | None = None,
        user_agent: str = "",
        *,
        is_shown: bool = False,
    ) -> Opened | Refusal:
        """Return a journey that is under way, as *unit* sees it, to the browser where it began, which was proven.

        It may be that it has only *begun*, in a browser that says *user_agent*: then that bears it. Where it only *is
        shown*, nobody asks whose device the browser is: limits do, by which an answer is taken.
        """
        parts = self.parts
        is_new = begun is not None and begun.newcomer is not None  # then no journey of this browser's is stored either
        sealed = None if is_new else await unit.journeys.get(journey_id)
        if sealed is None and begun is not None:
            return await self._open_begun(journey_id, browser, unit, begun, user_agent)
        if sealed is None or sealed.browser_id != browser.id:
            return NotFound("journey_elsewhere", "unknown here, or begun in another browser")
        if sealed.expires_at <= parts.clock.now():
            return Expired("journey_over", "expired")
        found = await open_journey(parts.keyring, parts.tenant_id, sealed)
        if found is None:
            return Expired("journey_over", "its key is gone")
        journey, vault = found
        if journey.state.client:
            return NotFound("journey_elsewhere", "an application's, which no browser opens")
        if journey.finished_at is not None:  # a form that was sent twice: nothing is answered a second time
            return Expired("journey_answered" if journey.state.led_to_client else "journey_done", "finished")
        facts = await gather(parts, unit, journey)
        if is_shown:
            return Opened(journey, vault, facts).by(browser)
        return Opened(journey, vault, await _at_device(unit, browser, facts))

    async def _open_begun(
        self, journey_id: JourneyId, browser: Browser, unit: JourneyUnit, begun: Begun, user_agent: str
    ) -> Opened | Refusal:
        """Return a journey of which nothing is stored."""
        parts = self.parts
        vault = vault_of(await parts.keyring.tenant(parts.tenant_id), journey_id, browser.id)
        journey = open_begun(vault, journey_id, browser.id, begun.text, user_agent[:LONGEST_AGENT])
        if journey is None:
            return NotFound("journey_elsewhere", "unknown here, or begun in another browser")
        if journey.expires_at <= parts.clock.now():
            return Expired("journey_over", "expired")
        opened = Opened(journey, vault, await facts_of_nobody(parts, journey.state), begun)
        if begun.newcomer is not None:  # nothing is stored of it
            return opened.by(browser, at_newcomer=True)
        return replace(opened, facts=await _at_device(unit, browser, opened.facts))

    async def _commit(self, opened: Opened, progress: Progress, request: RequestContext) -> Shown:
        """Take the journey one step on and write what its step did; whoever was faster is shown instead."""
        parts, before = self.parts, opened.journey
        context = StepContext(parts, before, opened.vault, opened.facts, request)
        progress = await weighed(context, progress)
        taken = await retried(lambda: self._written(opened, progress, request), parts.clock)
        if taken is not None:
            shown, counts = taken
            count_proofs(parts, before.state, progress, counts=counts)
            return shown
        async with parts.read(parts.tenant_id) as unit:
            browser = await unit.sessions.browser(before.browser_id)
            if browser is None or browser.secret_hash != opened.facts.proven_by:
                return NotFound("journey_elsewhere", "its browser has another secret by now")
            return await self.open(before.name, browser, unit, is_shown=True)

    async def _written(self, opened: Opened, progress: Progress, request: RequestContext) -> tuple[Shown, bool] | None:
        """Write in one unit what *progress* says; return what follows, and whether it was done. None: not the first."""
        parts, before = self.parts, opened.journey
        try:
            async with parts.begin(parts.tenant_id) as unit:
                if opened.begun is None and not await unit.journeys.hold(before.id, before.version):
                    return None
                vault = progress.vault or opened.facts.vault
                if vault is not None:
                    unit.seal_with(vault)
                refused = await progress.write(unit) if progress.write else None
                return await self._take(unit, opened, progress, refused, request), refused is None
        except OutrunError:
            return None

    async def _take(
        self, unit: JourneyUnit, opened: Opened, progress: Progress, refused: Problem | None, request: RequestContext
    ) -> Shown:
        """Write the journey as it stands after *progress*, or, its write *refused*, before it; return what follows."""
        before, problem = opened.journey, refused or progress.problem
        after = replace(before, version=before.version + 1)
        if refused is None:
            after = replace(after, state=progress.state, link_hash=progress.link_hash)
        vault = progress.vault or opened.facts.vault
        facts = await gather(self.parts, unit, after, vault)
        facts = replace(facts, proven_by=opened.facts.proven_by, at_newcomer=opened.facts.at_newcomer)
        due = Opened(after, opened.vault, facts, problem=problem)
        shown: Shown = due
        if problem is None and next_step(after.state, facts) is None:
            if progress.habits is not None:
                facts = replace(facts, habits=progress.habits)
            shown = await arrive(self.parts, unit, after, facts, request)
            after = self._finished(after)
        elif after.state.evidence and after.state.evidence != before.state.evidence:
            shown = Proven(due, await rotated_cookie(self.parts, unit, after, facts))
        await _keep(unit, opened, after, shown)
        return shown

    def _finished(self, journey: Journey) -> Journey:
        """Return *journey* at its end: what it knew goes; its key follows when the journey is swept."""
        state = JourneyState(journey.state.path, led_to_client=bool(journey.state.request))
        return replace(journey, state=state, finished_at=self.parts.clock.now(), link_hash=None)

    def view_of(self, opened: Opened, request: RequestContext) -> StepView:
        """Return the step of *opened* that is due, with what is to be said above it."""
        journey, problem = opened.journey, opened.problem
        step = next_step(journey.state, opened.facts)
        if step is None:  # arrived already, but for a form that says so
            return StepView("continue", journey.version, notice=problem.notice if problem is not None else "")
        view = step.view(StepContext(self.parts, journey, opened.vault, opened.facts, request))
        if opened.begun is not None:
            view = replace(view, begun=opened.begun.text)
        if problem is None:
            return view
        return replace(
            view,
            values={**view.values, **problem.values},
            errors=problem.errors,
            notice=problem.notice,
            data={**view.data, **problem.data},
            status=problem.status,
            retry_after=problem.retry_after,
        )


def count_proofs(parts: JourneyParts, before: JourneyState, progress: Progress, *, counts: bool) -> None:
    """Measure what was proven, and what was tried in vain: nothing *counts* whose write was refused."""
    for piece in progress.state.evidence:
        if piece not in before.evidence:
            parts.count_proof(piece.authenticator, "proven" if counts else "refused")
    if progress.refused:
        parts.count_proof(progress.refused, "refused")


async def _keep(unit: JourneyUnit, opened: Opened, after: Journey, shown: Shown) -> None:
    """Write a journey as it stands *after* a step, the first time with its browser, unless *shown* renewed that."""
    begun = opened.begun
    if begun is None:
        if not await unit.journeys.advance(seal(after, opened.vault), opened.journey.version):
            msg = "a journey that is held advanced elsewhere"
            raise Fault(msg)
        return
    if begun.newcomer is not None and getattr(shown, "cookie", None) is None:
        await unit.sessions.add_browser(begun.newcomer)
    if not await unit.journeys.add(seal(after, opened.vault)):
        raise OutrunError


async def _at_device(unit: JourneyUnit, browser: Browser, facts: Facts) -> Facts:
    """Return *facts* with whose device the browser is, and what proved it."""
    owners = await unit.sessions.owners_at(browser.id)
    return replace(facts, device_of=owners, at_newcomer=not owners, proven_by=browser.secret_hash)


def _has_proven(before: JourneyState, progress: Progress, shown: Shown) -> bool:
    """Tell whether *shown* says by itself that something was proven: what was refused in the end, or lost, does not."""
    return isinstance(shown, Proven | Arrived) and progress.state.evidence != before.evidence


def _in_language(opened: Opened, locale: str) -> Opened:
    """Return *opened* in the language that its reader reads now: mails and consent follow what was shown."""
    state = opened.journey.state
    if state.locale == locale:
        return opened
    journey = replace(opened.journey, state=replace(state, locale=locale))
    return replace(opened, journey=journey)
