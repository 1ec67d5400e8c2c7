"""Patterns of fraud at the door: the facts of a sign-in or a sign-up, what rules say of them, and what is on record.

Devices that the account's owner has signed in from are left in peace, as by every guard.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from limen.access.journeys.context import StepContext
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.views import Problem, Progress
from limen.identity.tenants.expressions import Value
from limen.kernel.events import AuditEntry, Event
from limen.trust.attacks.alerts import Sighting, noticed
from limen.trust.attacks.guard import BLOCK_SECONDS
from limen.trust.attacks.records import FREE, Bar, Verdict
from limen.trust.fraud.facts import Seen
from limen.trust.fraud.patterns import NOTHING, SHIPPED, Matched, Origin, matched, open_rules, rules_of
from limen.trust.limits import Limit

PATTERN: Final = "pattern"
_ANNOUNCED: Final = Limit(1, 600, "pattern-announced")
News = Event | Sighting
"""What happened, and what is news only if it was not known: the store says which."""
_KNOWN_NAMES: Final = frozenset(rule.name for rule in SHIPPED)


def patterned(context: StepContext, action: str, email: str, **counted: Value) -> Matched:
    """Return what the tenant's patterns say of this request, with what is *counted* of it."""
    parts, request, settings = context.parts, context.request, context.parts.desk.tenant.settings.patterns
    if not rules_of(settings):
        return NOTHING
    known = parts.guard.standing(request.address)
    where = known.beside(parts.judge.geography.of(request.address))
    signed_by = request.signed_by
    if signed_by:
        parts.count_guard("verified", "signed_agent")
    rules = open_rules(settings, action, Origin(known.is_listed, where.anonymiser, where.hosting))
    if not rules:
        return NOTHING
    seen = Seen(parts.clock.now(), request.address, request.user_agent, where, known.is_listed, signed_by)
    domain = email.rpartition("@")[2].lower() if "@" in email else ""  # a number or a user name has none
    found = matched(rules, seen.facts(action, email_domain=domain, **counted))
    for match in found.matches:
        name = match.rule.name if match.rule.name in _KNOWN_NAMES else "own"  # a tenant's words are no label
        parts.count_guard("matched" if match.counts else "shadowed", f"{PATTERN}_{name}")
    return found


def verdict_of(found: Matched, work: int) -> Verdict:
    """Return what a sign-in has to take because of its patterns."""
    if found.then == "deny":
        return Verdict(Bar.BLOCK, (PATTERN,), retry_after=BLOCK_SECONDS)
    return Verdict(Bar.PROOF, (PATTERN,), work, is_doubted=True) if found.then == "challenge" else FREE


async def pattern_news(context: StepContext, action: str, found: Matched) -> tuple[Event, ...]:
    """Return what is announced of patterns, once in ten minutes for each rule: a crowd must not fill the log."""
    parts, news = context.parts, []
    for match in found.matches:
        rule = match.rule
        if rule.then == "allow":
            continue
        key = f"{_ANNOUNCED.name}:{parts.tenant_id}:{rule.name}:{rule.version}"
        if (await parts.limiter.hit(key, _ANNOUNCED)).allowed:
            said = {"rule": rule.name, "version": rule.version, "then": rule.then, "shadow": not match.counts}
            news.append(Event("pattern.matched", data={"action": action, **said}))
    return tuple(news)


async def tell(unit: JourneyUnit, news: Sequence[News], request_id: str) -> None:
    """Put *news* on record, and announce them."""
    for one in news:
        event = await noticed(unit.attacks, one) if isinstance(one, Sighting) else one
        if event is not None:
            unit.announce(event)
            unit.record(AuditEntry(event=event.name, request_id=request_id, data=dict(event.data)))


def with_news(context: StepContext, progress: Progress, news: Sequence[News]) -> Progress:
    """Return *progress* with *news* in the same commit."""
    if not news:
        return progress
    before, request_id = progress.write, context.request.request_id

    async def write(unit: JourneyUnit) -> Problem | None:
        await tell(unit, news, request_id)
        return await before(unit) if before is not None else None

    return replace(progress, write=write, is_idle=False)
