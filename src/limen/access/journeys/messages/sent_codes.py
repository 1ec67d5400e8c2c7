"""A code that is sent and typed as a second step: by short message, or by mail.

It is bound to its journey, good for ten minutes at the most, and its tries are counted in the journey itself, so that
two tabs share them and another message brings none back. Beyond that, all codes typed for a customer are counted
(``limits.over_second_factor``), since whoever is refused begins another journey.
"""

import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import msgspec

from limen.access.factors.phone import Phone
from limen.access.journeys.context import StepContext
from limen.access.journeys.limits import over_mails
from limen.access.journeys.messages.digits import ascii_digits
from limen.access.journeys.messages.mails import challenge, sealed_mail
from limen.access.journeys.owner import entry, owner
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.records import Challenge, JourneyState
from limen.access.journeys.views import Announce, Problem, Progress, problem_of
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import SECOND
from limen.kernel.events import Event
from limen.kernel.ids import EventId
from limen.kernel.sms import SMS_FIELD, SmsRequest, encode_sms_request
from limen.trust.tolls.guard import PURPOSE, TollGuard
from limen.trust.tolls.records import Order

LONGEST_SECONDS: Final = 600
"""A code by message is good for ten minutes at the most (SP 800-63B-4 §3.1.3.2)."""
TOO_MANY: Final = Problem(notice="error.throttled", status=429)
Settle = Callable[[Challenge], JourneyState]
"""Puts a challenge into the journey's state."""


def sms_offered(parts: JourneyParts) -> bool:
    """Tell whether there is anybody who carries short messages, and a country where the tenant sends them."""
    return bool(parts.settings.sms_ceiling and parts.desk.tenant.settings.sms.countries)


def again(context: StepContext, before: Challenge | None) -> Challenge | None:
    """Return the next challenge of this journey; None where no more messages leave. Tries do not come back."""
    if before is not None and before.sends_left <= 0:
        return None
    parts = context.parts
    sends = before.sends_left - 1 if before is not None else parts.settings.code_sends
    seconds = min(parts.desk.lifetimes.sign_in_code, LONGEST_SECONDS)
    sent, _ = challenge(context, sends_left=sends, real=True, seconds=seconds)
    return sent if before is None else msgspec.structs.replace(sent, tries_left=before.tries_left)


def is_standing(context: StepContext, sent: Challenge | None) -> bool:
    """Tell whether a code is on its way that may still be typed."""
    return sent is not None and sent.tries_left > 0 and sent.expires_at > context.parts.clock.now()


def seconds_left(context: StepContext, sent: Challenge | None) -> int:
    """Return for how many seconds a code may still be typed."""
    return max(0, sent.expires_at - context.parts.clock.now()) // SECOND if sent is not None else 0


def checked(context: StepContext, sent: Challenge | None, typed: str, settle: Settle, field: str) -> Progress | None:
    """Return None where *typed* is the code that was sent, else the progress of a wrong answer in *field*."""
    state = context.journey.state
    if sent is None or not is_standing(context, sent):
        is_spent = sent is not None and sent.tries_left <= 0
        return Progress(state, problem=Problem({field: "error.code_exhausted" if is_spent else "error.code_expired"}))
    if hmac.compare_digest(ascii_digits(typed).encode(), sent.code.encode()):
        return None
    counted = msgspec.structs.replace(sent, tries_left=sent.tries_left - 1)
    error = "error.code_invalid" if counted.tries_left else "error.code_exhausted"

    async def write(unit: JourneyUnit) -> Problem | None:
        unit.record(entry(context, "second_factor.refused", {"method": field}, "wrong_code"))
        return None

    return Progress(settle(counted), write, Problem({field: error}), refused=field)


async def texted(context: StepContext, phone: Phone, before: Challenge | None, settle: Settle) -> Progress:
    """Send a code to *phone*, if the tenant's purse allows it: what is counted and what is ordered are one commit."""
    state = context.journey.state
    if not sms_offered(context.parts):
        return Progress(state, problem=Problem(notice="error.sms_unavailable", status=503))
    sent = again(context, before)
    if sent is None:
        return Progress(state, problem=TOO_MANY)
    customer = context.facts.customer
    order = Order(phone.plain, customer.id if customer is not None else "", await _asked_from(context))
    guard, announce = await guard_of(context), text(context, "code", phone, sent)

    async def write(unit: JourneyUnit) -> Problem | None:
        refused = await guard.take(unit, order)
        if refused is not None:
            unit.record(entry(context, "sms.refused", {"why": refused.detail}, refused.code))
            return replace(problem_of(refused), notice=f"error.{refused.code}")
        unit.record(entry(context, "sms.ordered", {"template": "code"}))
        announce(unit)
        return None

    return Progress(settle(sent), write, Problem(notice="notice.code_sent", status=200))


async def _asked_from(context: StepContext) -> str:
    """Return the address that a message is asked for from; none where a confidential client's own server asks."""
    client_id = context.journey.state.client
    loaded = await context.parts.desk.clients(client_id) if client_id else None
    return "" if loaded is not None and loaded.client.is_confidential else context.request.address


async def mailed(context: StepContext, template: str, before: Challenge | None, settle: Settle) -> Progress:
    """Mail a code to the customer of the journey, in the words of *template*, as far as the limits of mail allow."""
    return await mailed_to(context, owner(context), template, before, settle)


async def mailed_to(
    context: StepContext,
    whom: tuple[Customer, SubjectVault],
    template: str,
    before: Challenge | None,
    settle: Settle,
) -> Progress:
    """Mail the same to *whom*, who is somebody else perhaps."""
    state = context.journey.state
    sent = again(context, before)
    if sent is None:
        return Progress(state, problem=TOO_MANY)
    customer, vault = whom
    email = customer.profile.email
    limited = await over_mails(context, email)
    if limited is not None:
        return Progress(state, problem=Problem(notice=limited.notice, status=429, retry_after=limited.retry_after))
    words: dict[str, str | int] = {"code": sent.code, "expires_seconds": seconds_left(context, sent)}
    announce = sealed_mail(context, (customer.id, vault), template, email, words, sent.expires_at)

    async def write(unit: JourneyUnit) -> Problem | None:
        announce(unit)
        return None

    return Progress(settle(sent), write, Problem(notice="notice.code_sent", status=200))


async def guard_of(context: StepContext) -> TollGuard:
    """Return who guards the tenant's purse."""
    parts = context.parts
    key = (await parts.keyring.tenant(parts.tenant_id)).derive(PURPOSE)
    return TollGuard(parts.desk.tenant.settings.sms, max(1, parts.settings.sms_ceiling), key, parts.clock)


def text(context: StepContext, template: str, phone: Phone, sent: Challenge) -> Announce:
    """Seal a short message under the journey's key and return what announces it."""
    event_id = EventId.new(context.parts.clock, context.parts.entropy)
    order = SmsRequest(
        template=template,
        locale=context.journey.state.locale,
        number=phone.number,
        country=phone.country,
        code=sent.code,
        host=urlsplit(context.parts.desk.issuer).hostname or "",
        expires_at=sent.expires_at,
    )
    sealed = context.vault.seal(SMS_FIELD, event_id, encode_sms_request(order))

    def announce(unit: JourneyUnit) -> None:
        unit.announce(Event("sms.requested", context.journey.id, {"template": template}, sealed), event_id)

    return announce
