"""The end of a journey: a session at this browser and, where an application asked, a code for it."""

import msgspec
from msgspec.structs import replace

from limen.access.account.deletion import cancelled
from limen.access.account.notices import told
from limen.access.account.unit import Owner
from limen.access.clients.redirect_uris import is_handed_on
from limen.access.decoupled.answering import OVER, approve, deny
from limen.access.journeys.context import Facts
from limen.access.journeys.facts import standing_session
from limen.access.journeys.guards.risks import remember
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.records import Journey, JourneyState
from limen.access.journeys.safeguards import end_recovery, keep_trust
from limen.access.oauth.code import Approval, issue_code
from limen.access.oauth.consent import ConsentAnswer, record_consent
from limen.access.oauth.records import RedirectRefusal
from limen.access.oauth.response import ResponseTarget, code_response, error_response
from limen.access.sessions.cookies import BrowserCookie, fresh_cookie
from limen.access.sessions.records import PASSWORD, Browser, Session, Surroundings, seal_surroundings
from limen.identity.consents.personal import coarse
from limen.identity.consents.records import Decision
from limen.identity.consents.signal import Signals
from limen.identity.customers.records import Customer
from limen.identity.tenants.account import LEAST_IDLE_DAYS
from limen.kernel.clock import DAY, SECOND
from limen.kernel.context import RequestContext
from limen.kernel.entropy import random_token
from limen.kernel.errors import Expired, Fault, Forbidden, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import SessionId, WaitingId


class Arrived(msgspec.Struct, frozen=True):
    """Where a journey ended: back at an application, or (None) at the account page.

    ``cookie`` replaces the browser's. ``back`` is the page of the account. ``answered`` is "approved" or
    "denied" where the answer went to another device. ``by_page`` says that a page leads to the application.
    """

    target: ResponseTarget | None
    cookie: BrowserCookie | None = None
    client_name: str = ""
    answered: str = ""
    back: str = ""
    by_page: bool = False


class OutrunError(Exception):
    """Somebody was faster with this journey or this browser: all that was written in the unit goes back."""


async def arrive(
    parts: JourneyParts, unit: JourneyUnit, journey: Journey, facts: Facts, request: RequestContext
) -> Arrived | Refusal:
    """Write the session, the consent and the code of a journey that has nothing left to ask."""
    state, customer = journey.state, facts.customer
    if customer is None or not customer.may_sign_in:
        return Expired("journey_over", "the customer was disabled or deleted meanwhile")
    session, cookie = await _session(parts, unit, journey, facts, request)
    await keep_trust(parts, unit, journey, facts, request)
    await end_recovery(parts, unit, journey, facts, request)
    await Signals(parts.tenant_id, parts.desk.purposes, parts.keyring, parts.clock, parts.entropy).heed(
        unit, customer.id, request
    )
    ask, client = facts.request, facts.client
    if ask is None:
        return Arrived(None, cookie, back=state.back)
    end = Arrived(None, cookie)
    if client is not None:
        by_page = is_handed_on(ask.redirect_uri, client.document)
        end = Arrived(None, cookie, client.document.client_name, by_page=by_page)
    approval = Approval(ask, session, customer, ask.scopes, request.request_id)
    if ask.waiting:
        answered = await _answer_waiting(parts, unit, journey, facts, approval, request)
        return answered if isinstance(answered, Refusal) else replace(end, answered=answered)
    if ask.id_token_hint_subject not in {"", customer.subject}:
        other = ask.refused("login_required", "Another customer signed in than id_token_hint names.")
        return replace(end, target=await error_response(parts.desk, other))
    await _note_consent(parts, unit, journey, facts, request)
    if state.denied:
        refused = ask.refused("access_denied", "The customer denied the request.")
        return replace(end, target=await error_response(parts.desk, refused))
    code = await issue_code(unit, parts.desk, approval)
    if isinstance(code, RedirectRefusal):
        return replace(end, target=await error_response(parts.desk, code))
    if isinstance(code, Refusal):
        return code
    return replace(end, target=await code_response(parts.desk, ask, code))


async def _answer_waiting(  # noqa: PLR0913 - all that an answer rests on
    parts: JourneyParts,
    unit: JourneyUnit,
    journey: Journey,
    facts: Facts,
    approval: Approval,
    request: RequestContext,
) -> str | Refusal:
    """Answer a request that waits on another device; return how."""
    ask, customer = approval.request, approval.customer
    if ask.id_token_hint_subject not in {"", customer.subject}:
        return Forbidden("other_customer", "another customer signed in than is asked for")
    await _note_consent(parts, unit, journey, facts, request)
    if journey.state.denied:
        denied = await deny(unit, parts.desk, WaitingId(ask.waiting), customer.id, request)
        return "denied" if denied else OVER
    return await approve(unit, parts.desk, approval) or "approved"


async def _note_consent(
    parts: JourneyParts, unit: JourneyUnit, journey: Journey, facts: Facts, request: RequestContext
) -> None:
    """Write what was answered on the consent page, if it was asked."""
    state, ask, customer = journey.state, facts.request, facts.customer
    if not (facts.consent_due or facts.details_due) or ask is None or customer is None:
        return
    name = facts.client_name or ""
    words = parts.desk.resources.in_words(facts.details_due, state.locale)
    answer = ConsentAnswer(
        customer=customer,
        decision=Decision.REFUSED if state.denied else Decision.GIVEN,
        scopes=facts.consent_due,
        locale=state.locale,
        text_hash=parts.consent_words(state.locale, name, facts.consent_due, words),
        came_from=request,
        details=facts.details_due,
    )
    await record_consent(unit, parts.desk, ask, answer)


async def _session(
    parts: JourneyParts, unit: JourneyUnit, journey: Journey, facts: Facts, request: RequestContext
) -> tuple[Session, BrowserCookie | None]:
    """Return the customer's session at this browser: the one that stands, renewed by new evidence, or a new one."""
    state, now, customer = journey.state, parts.clock.now(), facts.customer
    if customer is None:
        msg = "a journey arrived for nobody"
        raise Fault(msg)
    await _note_seen(parts, unit, customer, facts, request)
    lifetimes = parts.desk.lifetimes
    # One that began meanwhile changed the browser's secret: what is written here goes back then (``rotated_cookie``).
    standing = None if facts.at_newcomer else await standing_session(parts, unit, journey.browser_id, customer)
    until = now + lifetimes.session_absolute * SECOND
    if standing is not None and not state.evidence:
        seen = replace(standing, seen_at=now)
        await unit.sessions.renew(seen)
        return seen, None
    if not state.evidence:
        msg = "a journey arrived without evidence or a session"
        raise Fault(msg)
    if facts.has_failed and any(piece.authenticator != PASSWORD for piece in state.evidence):  # another factor spoke
        await unit.passwords.enable(customer.id)
    if standing is not None:
        session = standing.renewed(state.evidence, now, until, _surroundings(facts, standing.id, request))
        await unit.sessions.renew(session)
    else:
        session_id = SessionId.new(parts.clock, parts.entropy)
        session = Session(
            id=session_id,
            sid=random_token(parts.entropy, 16),
            browser_id=journey.browser_id,
            customer_id=customer.id,
            evidence=state.evidence,
            created_at=now,
            seen_at=now,
            expires_at=until,
            sealed=_surroundings(facts, session_id, request),
        )
        await unit.sessions.add(session)
    if parts.desk.tenant.settings.profile.questions:
        await unit.profiles.count_sign_in(customer.id)
    await remember(parts, unit, journey, facts, session.id, request)
    _tell(unit, session, customer, state, request)
    return session, await rotated_cookie(parts, unit, journey, facts)


async def _note_seen(
    parts: JourneyParts, unit: JourneyUnit, customer: Customer, facts: Facts, request: RequestContext
) -> None:
    """Note the day, once: who was away for long is not deleted for it any more, and is told so."""
    today = parts.clock.now() // DAY
    if customer.seen_on == today:
        return
    await unit.customers.seen(customer.id, today)
    last = customer.seen_on if customer.seen_on is not None else customer.created_at // DAY
    if today - last < LEAST_IDLE_DAYS or not await unit.account.keep_from_inactivity(customer.id):
        return
    cancelled(unit, customer.id, "sign_in")
    if facts.vault is not None:
        told(parts.desk, Owner(customer, facts.vault, "", request), "deletion_cancelled", {})(unit)


def _surroundings(facts: Facts, session_id: SessionId, request: RequestContext) -> bytes:
    """Seal by what its owner will know the session again on the account page."""
    if facts.vault is None:
        return b""
    return seal_surroundings(facts.vault, session_id, Surroundings(**coarse(request.address, request.user_agent)))


async def rotated_cookie(parts: JourneyParts, unit: JourneyUnit, journey: Journey, facts: Facts) -> BrowserCookie:
    """Change the secret of the journey's browser: whoever held the one before holds nothing that was proven since.

    Raises:
        OutrunError: it was changed since it proved the browser. Of journeys in several tabs that prove something at
            once one does, and whoever planted the cookie takes the browser back from nobody.
    """
    cookie = fresh_cookie(journey.browser_id, parts.entropy)
    browser = Browser(cookie.id, cookie.secret_hash(), cookie.id.made_at, parts.clock.now())
    if not await unit.sessions.keep_browser(browser, facts.proven_by):
        raise OutrunError
    return cookie


def _tell(
    unit: JourneyUnit, session: Session, customer: Customer, state: JourneyState, request: RequestContext
) -> None:
    begun = {"session": session.id, "amr": list(session.amr)}
    unit.announce(Event("session.started", customer.id, begun))
    unit.record(
        AuditEntry(
            event="session.started",
            actor=f"customer:{customer.id}",
            subject=customer.id,
            request_id=request.request_id,
            data={**begun, "path": state.path.value},
            personal=request.personal,
        )
    )
