"""From a signed-in customer to an authorization code: may the session answer, what does it settle, issue."""

from typing import Protocol

import msgspec

from limen.access.clients.pkce import clause_for
from limen.access.clients.records import Client
from limen.access.oauth.assurance import level, stated
from limen.access.oauth.checks.prompt import CREATE
from limen.access.oauth.records import AuthorizationRequest, PageRefusal, RedirectRefusal
from limen.access.oauth.redirects import is_registered
from limen.access.sessions.records import Session
from limen.access.tokens.desk import Desk
from limen.access.tokens.details import CODE as INVALID_DETAILS
from limen.access.tokens.details import record_of, sealed_details
from limen.access.tokens.profiles import LONGEST_CODE, is_fapi
from limen.access.tokens.pushed import PushedRequests
from limen.access.tokens.records import NO_CHALLENGE, Authentication, AuthorizationCode, Confirmation, Grant, Terms
from limen.access.tokens.store import GrantStore
from limen.access.tokens.targets import CODE as TARGET
from limen.identity.customers.records import Customer
from limen.identity.tenants.records import Lifetimes
from limen.kernel.clock import SECOND, Instant, to_seconds
from limen.kernel.encoding import from_b64url, sha256
from limen.kernel.entropy import random_token
from limen.kernel.errors import Fault
from limen.kernel.events import AuditEntry
from limen.kernel.ids import GrantId
from limen.kernel.units import RecordsAudit

_FRESH = frozenset({"login", CREATE})


class CodeUnit(RecordsAudit, Protocol):
    """What these use cases need of a unit of work of the desk's tenant."""

    @property
    def grants(self) -> GrantStore:
        """Return grants and codes."""
        ...

    @property
    def pushed(self) -> PushedRequests:
        """Return the pushed authorization requests."""
        ...


class Approval(msgspec.Struct, frozen=True):
    """A request, who answers it by which session, and the scopes that are allowed: all that a code rests on.

    ``until`` is when the code expires; 0 for the tenant's usual life of a code.
    """

    request: AuthorizationRequest
    session: Session
    customer: Customer
    scopes: tuple[str, ...]
    request_id: str = ""
    until: Instant = 0


def session_satisfies(session: Session, request: AuthorizationRequest, now: Instant, lifetimes: Lifetimes) -> bool:
    """Tell whether *session*, as it was before this request came, may answer it as it is."""
    return is_recent(session, request, now, lifetimes) and _is_assured(session, request)


def _is_assured(session: Session, request: AuthorizationRequest) -> bool:
    """Tell whether *session* bears what policy wants, and what the request requires."""
    reaches = level(session.evidence) >= request.level
    return reaches and stated(session.evidence, request.required_acr) is not None


def is_recent(session: Session, request: AuthorizationRequest, now: Instant, lifetimes: Lifetimes) -> bool:
    """Tell whether *session* may answer without a fresh first proof; whether it bears the assurance is left open.

    One that does not can be raised by a second factor (RFC 9470 §4).

    Not to be asked of a session that this very request renewed: ``prompt=login`` and ``max_age=0`` are then fulfilled.
    Whether the session is the one that ``id_token_hint_subject`` names, and ``prompt=select_account``, are the caller's
    questions.
    """
    if not session.is_live(now, lifetimes.session_idle * SECOND):
        return False
    # The limit may have been lowered since; it counts from the last proof, by which a session is renewed.
    if now - session.authenticated_at >= lifetimes.session_absolute * SECOND:
        return False
    if request.max_age == 0 or not _FRESH.isdisjoint(request.prompt):
        return False
    return request.max_age is None or now - session.authenticated_at <= request.max_age * SECOND


async def issue_code(unit: CodeUnit, desk: Desk, approval: Approval) -> str | PageRefusal | RedirectRefusal:
    """Store what the customer allows and a code for it; return the code, of which only SHA-256 is kept.

    A journey takes minutes, in which a client, its redirect URI, its scopes, the session or the customer can go: all
    are looked at again.

    Raises:
        Fault: session and customer differ, or more is allowed than was asked for.
    """
    request = approval.request
    loaded = await desk.clients(request.client_id)
    refusal = meanwhile(desk, approval, loaded.client if loaded is not None else None)
    if refusal is not None or loaded is None:
        return refusal or _NO_CLIENT
    if not _is_assured(approval.session, request):
        return request.refused("unmet_authentication_requirements", "the sign-in does not reach the required acr")
    if request.pushed and not await unit.pushed.use(from_b64url(request.pushed), desk.clock.now()):
        return request.refused("invalid_request", "request_uri was used before")
    code = random_token(desk.entropy, 32)
    grant = await keep_code(unit, desk, approval, loaded.client, sha256(code.encode()))
    unit.record(
        AuditEntry(
            event="code.issued",
            actor=f"customer:{approval.customer.id}",
            subject=approval.customer.id,
            client=request.client_id,
            request_id=approval.request_id,
            data={"grant": grant.id, "scopes": approval.scopes} | _unproven(request),
        )
    )
    return code


def _unproven(request: AuthorizationRequest) -> dict[str, bool]:
    """Say of a code that no verifier is asked for: whoever tightens a client looks for these."""
    return {"pkce": False} if request.code_challenge == NO_CHALLENGE else {}


async def keep_code(unit: CodeUnit, desk: Desk, approval: Approval, client: Client, code_hash: bytes) -> Grant:
    """Store what the customer allows, and the code with this SHA-256 for it; return the grant."""
    grant = await unit.grants.save(_grant(desk, approval, client))
    code = _code(desk, approval, grant, code_hash, await _terms(desk, approval))
    if is_fapi(client.document) and not approval.until:
        code = msgspec.structs.replace(code, expires_at=min(code.expires_at, code.created_at + LONGEST_CODE * SECOND))
    await unit.grants.add_code(code)
    return grant


async def _terms(desk: Desk, approval: Approval) -> Terms:
    """Return what the request settled beyond scopes; what may be personal in it is sealed under the customer's key."""
    request, customer = approval.request, approval.customer
    details = ""
    if request.details:
        vault = await desk.subject_vault(customer.id)
        if vault is None:
            msg = "a customer's key is gone in the middle of a journey"
            raise Fault(msg)
        details = sealed_details(vault, request.details, record_of(request.client_id, approval.session.sid))
    return Terms(
        resources=request.resources,
        details=details,
        userinfo_claims=request.claims.userinfo,
        id_token_claims=request.claims.id_token,
    )


_NO_CLIENT = PageRefusal("unknown_client", "the client was disabled or deleted meanwhile")


def meanwhile(desk: Desk, approval: Approval, client: Client | None) -> PageRefusal | RedirectRefusal | None:
    """Return why an approval no longer counts, if it does not."""
    request, session, customer = approval.request, approval.session, approval.customer
    if client is None or not client.is_active:
        return _NO_CLIENT
    if not request.waiting and not is_registered(request.redirect_uri, client.document.redirect_uris):
        return PageRefusal("redirect_uri_mismatch", "the redirect URI was withdrawn meanwhile")
    if session.customer_id != customer.id or not set(approval.scopes) <= set(request.scopes):
        msg = "a code was asked for on another customer's session, or for more than the request's scopes"
        raise Fault(msg)
    if not set(approval.scopes) <= set(client.document.scopes):
        return request.refused("invalid_scope", "a scope was withdrawn meanwhile")
    if not set(request.resources) <= set(client.document.audiences or (desk.issuer,)):
        return request.refused(TARGET, "a resource was withdrawn meanwhile")
    types = desk.resources.types.keys() & set(client.document.authorization_details_types)
    if any(detail["type"] not in types for detail in request.details):
        return request.refused(INVALID_DETAILS, "a type of authorization details was withdrawn meanwhile")
    if request.code_challenge == NO_CHALLENGE and ("openid" not in approval.scopes or clause_for(client.document)):
        return request.refused("invalid_request", "code_challenge is required meanwhile")
    is_live = session.is_live(desk.clock.now(), desk.lifetimes.session_idle * SECOND)
    if not is_live or not customer.is_active or session.created_at < customer.valid_after:
        return request.refused("access_denied", "the sign-in was ended meanwhile")
    return None


def _grant(desk: Desk, approval: Approval, client: Client) -> Grant:
    request, now = approval.request, desk.clock.now()
    # A first-party client was never asked about: should it lose that rank, nothing may count as consented.
    covering = tuple(scope for scope in request.to_allow if scope not in request.scopes)
    remembered = (*approval.scopes, *covering) if client.document.require_consent else ()
    return Grant(
        id=GrantId.new(desk.clock, desk.entropy),
        customer_id=approval.customer.id,
        client=client.key,
        scopes=remembered,
        created_at=now,
        updated_at=now,
    )


def _code(desk: Desk, approval: Approval, grant: Grant, code_hash: bytes, terms: Terms) -> AuthorizationCode:
    request, session, now = approval.request, approval.session, desk.clock.now()
    return AuthorizationCode(
        code_hash=code_hash,
        grant_id=grant.id,
        session_id=session.id,
        customer_id=approval.customer.id,
        client=grant.client,
        redirect_uri=request.redirect_uri,
        challenge=request.code_challenge,
        nonce=request.nonce,
        scopes=approval.scopes,
        authentication=Authentication(
            subject=approval.customer.subject,
            sid=session.sid,
            auth_time=to_seconds(session.authenticated_at),
            amr=session.amr,
            acr=stated(session.evidence, request.required_acr) or "",
            terms=terms,
        ),
        created_at=now,
        expires_at=approval.until or now + desk.lifetimes.authorization_code * SECOND,
        confirmation=Confirmation("jkt", request.dpop_jkt).text if request.dpop_jkt else "",
    )
