"""A right password that is not enough: it is known from a breach, or others are being tried while it comes.

Or the sign-in looks like somebody else's (``trust.risk``), whatever its device.

A device that the customer has signed in from is not asked for more: whoever tries stolen passwords does not have it.
Any other proves the mailbox by a code, unless a second factor speaks.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from limen.access.factors.records import keys, second_steps
from limen.access.journeys.context import StepContext
from limen.access.journeys.guards.door import Guarded
from limen.access.journeys.guards.risks import Judged, judged, note, settled, sighting
from limen.access.journeys.limits import over_mails
from limen.access.journeys.messages.mails import sealed_mail
from limen.access.journeys.messages.sent_codes import again, seconds_left
from limen.access.journeys.owner import told
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import Challenge, Doubt
from limen.access.journeys.views import Announce, Problem, Write
from limen.access.sessions.records import PASSWORD, Evidence, open_surroundings
from limen.identity.consents.personal import coarse
from limen.identity.credentials.prepare import prepare_aside
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.errors import Refusal, Unavailable
from limen.kernel.events import AuditEntry, Event
from limen.trust.limits import Limit
from limen.trust.risk.judge import Kept
from limen.trust.risk.records import Failures, Sighting
from limen.trust.threats.breaches import Known

_NOTICE: Final = Limit(1, 7 * 86_400, "breach-notice")
NO_DOUBT: Final = Doubt()


class Doubted(msgspec.Struct, frozen=True):
    """What follows from a doubt: what the journey keeps, what is written, and the code that was mailed.

    ``is_denied``: the password counts for a wrong one. ``habits``: what risk read of what the customer showed before.
    """

    doubt: Doubt = NO_DOUBT
    write: Write | None = None
    sent: Challenge | None = None
    is_denied: bool = False
    habits: Kept | None = None


UNDOUBTED: Final = Doubted()


def is_answered(evidence: Sequence[Evidence], of: str) -> bool:
    """Tell whether something beside the authenticator *of* spoke."""
    return any(piece.authenticator != of for piece in evidence)


async def doubted(context: StepContext, customer: Customer, vault: SubjectVault, found: Guarded) -> Doubted:
    """Return what follows for a *customer* whose password was right."""
    parts, is_known = context.parts, found.attempt.is_known
    known = await _known(context, customer, found.attempt.password.decode())
    policy = parts.breaches.settings.at_sign_in
    doubt = Doubt(
        reason=known,
        asks=bool(known) and not is_known and (policy in {"challenge", "change"} or known == "away"),
        changes=bool(known) and policy == "change" and known != "away",
    )
    if not doubt.asks and await _in_attack(context, found) and not await _has_been_here(context, customer, vault):
        doubt = msgspec.structs.replace(doubt, reason=known or "attack", asks=True)
    risk = await judged(context, (customer.id, vault), _seen(context, found, known), "sign_in")
    if risk is not None:
        await settled(context, risk)
        if risk.does("deny"):
            return _noted(context, customer, Doubted(is_denied=True), risk)
        doubt = risk.doubt(doubt, PASSWORD)
    followed = await _followed(context, customer, vault, doubt) if doubt.reason else Doubted(doubt)
    return followed if risk is None else _noted(context, customer, followed, risk)


def _seen(context: StepContext, found: Guarded, known: Known) -> Sighting:
    """Return what the sign-in shows, with what the guards counted of it."""
    seen = sighting(context.parts, context.journey, context.request)
    counts = found.counts
    failures = Failures(counts.account, counts.address, counts.network, counts.device)
    return msgspec.structs.replace(seen, failures=failures, breached=known in {"password", "pair"}, proof="password")


async def _known(context: StepContext, customer: Customer, password: str) -> Known:
    """Return what is known of a right password; where the pool takes no more, the stance of the tenant's guard."""
    parts = context.parts
    prepared = await prepare_aside(password, parts.pool)
    if isinstance(prepared, Unavailable):
        parts.count_guard("away", "breaches")
        return "away" if parts.breaches.settings.when_away == "closed" else ""
    if isinstance(prepared, Refusal):  # it was accepted as an old system's, and could not be chosen: in no corpus
        return ""
    return await parts.breaches.at_sign_in(customer.profile.addresses, prepared)


def _noted(context: StepContext, customer: Customer, followed: Doubted, risk: Judged) -> Doubted:
    """Return what follows, with what risk said on record in the same commit."""

    async def write(unit: JourneyUnit) -> Problem | None:
        await note(context.parts.judge, unit, customer.id, risk, context.request)
        return await followed.write(unit) if followed.write is not None else None

    return msgspec.structs.replace(followed, write=write, habits=risk.kept)


async def _in_attack(context: StepContext, found: Guarded) -> bool:
    """Tell whether passwords are being tried: it was seen before the hash, or shows itself now."""
    return found.verdict.is_doubted or await context.parts.guard.has_begun(found.attempt)


async def _has_been_here(context: StepContext, customer: Customer, vault: SubjectVault) -> bool:
    """Tell whether the customer's sessions of late know the network: whoever tries stolen passwords is elsewhere."""
    here = coarse(context.request.address, "")["network"]
    async with context.parts.read(context.parts.tenant_id) as unit:
        sessions = await unit.sessions.of_customer(customer.id)
    return bool(here) and any(open_surroundings(vault, one).network == here for one in sessions)


async def asked_by_mail(
    context: StepContext, customer: Customer, vault: SubjectVault
) -> tuple[Challenge | None, Announce | None]:
    """Return a code for the customer's mailbox and what mails it; neither where the limits of mail are reached."""
    email = customer.profile.email
    sent = again(context, None) if await over_mails(context, email) is None else None
    if sent is None:
        return None, None
    words: dict[str, str | int] = {"code": sent.code, "expires_seconds": seconds_left(context, sent)}
    return sent, sealed_mail(context, (customer.id, vault), "doubted_code", email, words, sent.expires_at)


async def _followed(context: StepContext, customer: Customer, vault: SubjectVault, doubt: Doubt) -> Doubted:
    """Return *doubt* with the mails that go with it: a code where one is asked for, or a notice."""
    parts, policy = context.parts, context.parts.breaches.settings.at_sign_in
    sent: Challenge | None = None
    announce: Announce | None = None
    if doubt.asks:
        await parts.guard.note("doubted")
        async with parts.read(parts.tenant_id) as unit:
            factors = await unit.factors.of_customer(customer.id)
        wants_key = doubt.level == "phishing_resistant" and keys(factors)
        if not second_steps(factors) and not wants_key:
            sent, announce = await asked_by_mail(context, customer, vault)
    if sent is None and not doubt.changes and doubt.reason in {"password", "pair"}:
        decision = await parts.limiter.hit(f"{_NOTICE.name}:{parts.tenant_id}:{customer.id}", _NOTICE)
        announce = told(context, customer, vault, "password_breached") if decision.allowed else None

    async def write(unit: JourneyUnit) -> Problem | None:
        if doubt.reason in {"password", "pair"}:
            unit.announce(Event("password.breached", customer.id, {"known": doubt.reason, "policy": policy}))
            unit.record(_entry(context, customer, doubt.reason, policy))
        if announce is not None:
            announce(unit)
        return None

    return Doubted(doubt, write, sent)


def _entry(context: StepContext, customer: Customer, known: str, policy: str) -> AuditEntry:
    request = context.request
    return AuditEntry(
        event="password.breached",
        actor=f"customer:{customer.id}",
        subject=customer.id,
        request_id=request.request_id,
        data={"known": known, "policy": policy},
        personal=request.personal,
    )
