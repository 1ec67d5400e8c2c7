"""The guards at the door: what a try by password has to take before anything is hashed, and what is counted after it.

What a guard asks is a proof of work, time, or another way in; it is said in words, and never whether an account exists.
A device that the account's owner has used is exempt: it is asked for nothing here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.guards.patterns import News, pattern_news, patterned, verdict_of, with_news
from limen.access.journeys.views import Problem, Progress
from limen.kernel.ids import AttackId
from limen.trust.attacks.alerts import KINDS, Attack, Sighting, severity_of
from limen.trust.attacks.counters import NO_COUNTS, Counts
from limen.trust.attacks.guard import graver, is_attack
from limen.trust.attacks.places import places
from limen.trust.attacks.records import FREE, Attempt, Bar, Verdict, network_of
from limen.trust.bots.captcha import WIDGETS
from limen.trust.bots.proofs import INSTEAD, waited
from limen.trust.fraud.patterns import NOTHING
from limen.trust.limits import Limit

FIELD: Final = "proof"
_SIGHTED: Final = Limit(1, 60, "attack-sighted")
"""An attack that goes on is noted once a minute for each kind: what a crowd of tries costs the database."""


class Guarded(msgspec.Struct, frozen=True):
    """A try that was judged."""

    attempt: Attempt
    verdict: Verdict = FREE
    counts: Counts = NO_COUNTS
    refused: Progress | None = None
    news: tuple[News, ...] = ()


def proof_data(context: StepContext, work: int = 0) -> dict[str, Any]:
    """Return what a form shows of a proof of *work*, or of as much as everybody is asked for now; or of none."""
    most = max(work, context.parts.guard.work)
    if not most:
        return {"proof": None, "waited": "", "captcha": None}
    widget = _widget(context)
    asked = context.parts.proofs.ask(most * INSTEAD if widget is not None else most)
    return {"proof": asked, "waited": waited(asked), "captcha": widget}


def _widget(context: StepContext) -> dict[str, Any] | None:
    """Return what a form shows of the CAPTCHA vendor, where the tenant wants one."""
    captcha = context.parts.captcha
    if captcha is None:
        return None
    widget = WIDGETS[captcha.vendor]
    kept = {"style": widget.style, "script": widget.script, "sources": list(widget.sources), "field": widget.field}
    return {"site_key": captcha.site_key, **kept}


async def proves(context: StepContext, form: Mapping[str, str], work: int) -> bool:
    """Tell whether a form carries what was asked for: the vendor's answer, or a proof of *work*.

    Not everybody can give a vendor's answer: who cannot see or hear a puzzle, or has no script of theirs. Where the
    vendor says no, a dearer proof stands in for it, by work or by waiting: leaving the widget out is no bargain.
    """
    parts = context.parts
    proof, network = form.get(FIELD, ""), network_of(context.request.address)
    if parts.captcha is not None:
        answer = form.get(WIDGETS[parts.captcha.vendor].field, "")
        passes = await parts.captcha.passes(answer)
        if passes is not None:
            return passes or await _instead(context, proof, work, network)
        parts.count_guard("away", "captcha")
        if parts.guard.settings.captcha_away != "work":
            return parts.guard.settings.captcha_away == "open"
    return await parts.proofs.redeem(proof, work, network)


async def _instead(context: StepContext, proof: str, work: int, network: str) -> bool:
    """Tell whether a proof stands in for the answer that a vendor did not find good."""
    stands = await context.parts.proofs.redeem(proof, work, network, instead=True)
    if stands:
        context.parts.count_guard("instead", "captcha")
    return stands


async def guarded(context: StepContext, email: str, named: str, form: Mapping[str, str], *, is_known: bool) -> Guarded:
    """Judge a try for *email*, which is *named* so, with the password of *form*; where it may not go on, say why."""
    parts = context.parts
    password = form["password"].encode("utf-8", "replace")
    attempt = Attempt(context.request.address, named, password, is_known, context.journey.browser_id)
    judged = await parts.guard.judge(attempt)
    counts, work = judged.counts, parts.guard.settings.work
    verdict, news, matches = judged.verdict, tuple[News, ...](), NOTHING
    if not is_known:
        numbers = {"failures_address": counts.address, "failures_network": counts.network}
        attack = judged.verdict.is_attack
        matches = patterned(context, "sign_in", email, attack=attack, failures_account=counts.account, **numbers)
    if matches.matches:
        verdict, news = graver(verdict, verdict_of(matches, work)), await pattern_news(context, "sign_in", matches)
    found = Guarded(attempt, verdict, counts, news=news)
    if judged.shadow.bar:
        parts.count_guard("shadowed", judged.shadow.reasons[0])
    if not verdict.bar:
        return found
    problem = await _problem(context, form, found)
    parts.count_guard("refused" if problem is not None else "passed", verdict.reasons[0])
    if problem is None:
        await parts.guard.note("worked")
        return msgspec.structs.replace(found, news=(*found.news, *await _news(context, found)))
    await parts.guard.refused(attempt)
    await parts.guard.note("refused" if problem.status == 400 else "blocked", attempt.network)
    data = {} if verdict.bar is Bar.BLOCK else proof_data(context, verdict.work)
    problem = replace(problem, values={"email": email}, data=data)
    news = (*found.news, *await _news(context, found))
    refused = with_news(context, Progress(context.journey.state, problem=problem, is_idle=True), news)
    return msgspec.structs.replace(found, refused=refused)


async def _problem(context: StepContext, form: Mapping[str, str], found: Guarded) -> Problem | None:
    """Return what a try lacks, or None."""
    parts, verdict = context.parts, found.verdict
    if verdict.bar is Bar.BLOCK:
        return Problem(notice="error.blocked", status=429, retry_after=verdict.retry_after)
    if not await proves(context, form, verdict.work):
        return Problem(notice="error.proof_needed" if not form.get(FIELD) else "error.proof_spent")
    wait = await parts.guard.turn(found.attempt, found.counts) if verdict.bar is Bar.WAIT else 0
    return Problem(notice="error.throttled", status=429, retry_after=wait) if wait else None


async def _news(context: StepContext, found: Guarded) -> tuple[News, ...]:
    """Return what is noted of attacks; a pattern has news of its own, and an address that is merely listed is none."""
    parts, counts = context.parts, found.counts
    settings, now = parts.guard.settings, parts.clock.now()
    kinds = [kind for kind in found.verdict.reasons if kind in KINDS]
    if not is_attack(counts, settings):  # the bar may have been raised by hand
        kinds = [kind for kind in kinds if kind != "attack"]
    key = f"{_SIGHTED.name}:{parts.tenant_id}"
    kinds = [kind for kind in kinds if (await parts.limiter.hit(f"{key}:{kind}", _SIGHTED)).allowed]
    where = await places(parts.guard, parts.judge.geography) if kinds else ()
    found_now = (
        Attack(AttackId.new(parts.clock, parts.entropy), kind, severity_of(kind, counts, settings), now, now, where)
        for kind in kinds
    )
    return tuple(Sighting(attack, counts) for attack in found_now)
