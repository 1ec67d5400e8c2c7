"""The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2): decides whether anything has to be asked."""

import msgspec
from msgspec.structs import replace

from limen.access.http import HotResponse
from limen.access.journeys.arrival import Arrived
from limen.access.journeys.context import Account
from limen.access.journeys.facts import live_accounts
from limen.access.journeys.proven_addresses import owes_proof
from limen.access.journeys.records import JourneyState, Path
from limen.access.journeys.second_factors import needed
from limen.access.journeys.terms import terms_due
from limen.access.oauth.assurance import level
from limen.access.oauth.checks.prompt import CREATE
from limen.access.oauth.code import is_recent, session_satisfies
from limen.access.oauth.consent import details_due, needs_consent
from limen.access.oauth.opening import Visitor
from limen.access.oauth.records import AuthorizationRequest, PageRefusal, RedirectRefusal
from limen.access.oauth.request import parse_authorization
from limen.access.oauth.response import error_response
from limen.access.tokens.pushed import PushedRequest
from limen.experience.pages.errors import refused
from limen.experience.pages.steps import is_shown_at_once, started
from limen.experience.pages.visit import LONGEST_QUERY, Visit
from limen.kernel.clock import SECOND
from limen.kernel.encoding import from_b64url
from limen.kernel.errors import Refusal


async def authorize(visit: Visit) -> HotResponse:
    """Answer an authorization request by GET or POST."""
    parameters = await visit.parameters()
    if isinstance(parameters, Refusal):
        return refused(visit, parameters)
    if visit.is_stripped and len(parameters) <= LONGEST_QUERY:
        return visit.go(f"/authorize?{parameters}")
    request = await parse_authorization(visit.desk, parameters, _visitor(visit))
    if isinstance(request, RedirectRefusal):
        return visit.deliver(await error_response(visit.desk, request))
    if isinstance(request, Refusal):
        return refused(visit, request)
    return await answer(visit, request)


def _visitor(visit: Visit) -> Visitor:
    parts = visit.journey_parts

    async def recall(reference: bytes) -> PushedRequest | None:
        async with parts.read(parts.tenant_id) as unit:
            return await unit.pushed.get(reference)

    return Visitor(visit.browser.id if visit.browser is not None else "", recall)


async def answer(visit: Visit, request: AuthorizationRequest) -> HotResponse:
    """Answer a checked request, by whoever is signed in here or by a journey."""
    visit.speak(request.ui_locales)
    accounts = await _accounts(visit, request)
    ready, able = _fit(visit, request, accounts) if accounts else ([], [])
    silent = "none" in request.prompt
    if request.pushed and (ready or not silent) and not await _hold(visit, request):
        return refused(visit, PageRefusal("request_over", "another browser was faster"))
    if silent:
        return await _silently(visit, request, ready, able)
    return await _walk(visit, request, accounts, ready + able)


def _fit(visit: Visit, request: AuthorizationRequest, accounts: list[Account]) -> tuple[list[Account], list[Account]]:
    """Return who may answer as they are, and who may with a second factor (RFC 9470 §4)."""
    now, desk = visit.journey_parts.clock.now(), visit.desk
    recent = [a for a in accounts if is_recent(a.session, request, now, desk.lifetimes)]
    must = needed(desk.tenant, request)
    ready = [a for a in recent if level(a.session.evidence) >= must]
    ready = [a for a in ready if session_satisfies(a.session, request, now, desk.lifetimes)]
    if must <= 1:  # where one factor is enough, and not even one was shown, a first one is asked for
        return ready, []
    return ready, [a for a in recent if a not in ready and level(a.session.evidence)]


async def _hold(visit: Visit, request: AuthorizationRequest) -> bool:
    """Bind a pushed request to this browser, for as long as a journey takes (RFC 9126 §4)."""
    browser, parts = await visit.ensure_browser(), visit.journey_parts
    now = parts.clock.now()
    until = now + parts.desk.lifetimes.journey * SECOND
    async with parts.begin(parts.tenant_id) as unit:
        return await unit.pushed.hold(from_b64url(request.pushed), browser.id, now, until)


async def _accounts(visit: Visit, request: AuthorizationRequest) -> list[Account]:
    """Return who is signed in at this browser and may answer the request."""
    if visit.browser is None:
        return []
    parts, wanted = visit.journey_parts, request.id_token_hint_subject
    async with parts.read(parts.tenant_id) as unit:
        if not await visit.is_proven(unit):  # reading the request may have waited for an application's servers
            return []
        found = await live_accounts(parts, unit, visit.browser.id)
    return [account for account in found if wanted in {"", account.customer.subject}]


async def _silently(
    visit: Visit, request: AuthorizationRequest, ready: list[Account], able: list[Account]
) -> HotResponse:
    """Answer ``prompt=none`` without a page (OpenID Connect Core §3.1.2.6)."""
    error = ""
    if not ready or visit.browser is None:
        error = "unmet_authentication_requirements" if able else "login_required"
    elif len(ready) > 1:
        error = "account_selection_required"
    elif await _consent_due(visit, request, ready[0]):
        error = "consent_required"
    elif owes_proof(visit.desk.tenant, ready[0].customer) or await _terms_due(visit, ready[0]):
        error = "interaction_required"
    if error or visit.browser is None:
        return visit.deliver(await error_response(visit.desk, request.refused(error)))
    begun = await visit.begin(_as(request, ready[0]))
    if isinstance(begun, Arrived):  # by POST too, and whatever the client says of its callback: without a page
        begun = replace(begun, by_page=False)
    return started(visit, begun)


async def _terms_due(visit: Visit, account: Account) -> bool:
    parts = visit.journey_parts
    async with parts.read(parts.tenant_id) as unit:
        return bool(await terms_due(visit.desk, unit, account.customer.id))


async def _consent_due(visit: Visit, request: AuthorizationRequest, account: Account) -> bool:
    parts = visit.journey_parts
    async with parts.read(parts.tenant_id) as unit:
        client = await unit.clients.get(request.client_id)
        if client is None:
            return True
        if details_due(client, request):
            return True
        return bool(needs_consent(client, await unit.grants.find(account.customer.id, client.key), request))


async def _walk(
    visit: Visit, request: AuthorizationRequest, accounts: list[Account], ready: list[Account]
) -> HotResponse:
    """Begin the journey that the request needs; where it needs nothing, it has arrived."""
    creates = CREATE in request.prompt
    choose = "select_account" in request.prompt or (len(accounts) > 1 and not creates)
    if ready and not choose:
        return await _begin(visit, _as(request, ready[0]))
    state = JourneyState(
        path=Path.SIGN_UP if creates else Path.SIGN_IN,
        request=msgspec.json.encode(request),
        email=_prefill(request, [] if creates else accounts),
        select_account=choose and bool(accounts),
        fresh_login=len(ready) < len(accounts),
    )
    return await _begin(visit, state, may_wait=not state.email or state.email == _hinted(request))


def _as(request: AuthorizationRequest, account: Account) -> JourneyState:
    return JourneyState(
        path=Path.SIGN_IN,
        request=msgspec.json.encode(request),
        email=account.customer.profile.email,
        customer_id=account.customer.id,
        session_id=account.session.id,
    )


def _prefill(request: AuthorizationRequest, accounts: list[Account]) -> str:
    return _hinted(request) or (accounts[0].customer.profile.email if len(accounts) == 1 else "")


def _hinted(request: AuthorizationRequest) -> str:
    """Return the address that the application named."""
    return request.login_hint[:254] if request.login_hint and "@" in request.login_hint else ""


async def _begin(visit: Visit, state: JourneyState, *, may_wait: bool = False) -> HotResponse:
    """Begin a journey; where it *may wait*, it says no more than the application did, and its page can bear it."""
    return started(visit, await visit.begin(state, may_wait=may_wait and is_shown_at_once(visit)))
