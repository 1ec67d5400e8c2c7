"""A customer who acts on their own account: an access token of theirs, its key, its scope, and how fresh its proof is.

The token is this tenant's own, for this API, with a customer's sign-in behind it (RFC 6750, RFC 9068 §4); one that is
bound to a key is shown with it (RFC 9449, RFC 8705). What is sensitive asks for a recent proof, and for a second factor
where the customer has one (RFC 9470): the same as the account page asks for. The proof is looked for in the session
that the token came from, and only as far as the token itself is that young: whoever holds an old token gains nothing by
a sign-in that its customer did since.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Request

from limen.access.account.factors import factors_of
from limen.access.account.unit import AccountParts, Owner
from limen.access.factors.records import StoredFactor, second_steps
from limen.access.http import HotRequest
from limen.access.jose.verify import VerifiedToken
from limen.access.journeys.freshness import is_fresh
from limen.access.journeys.guards.risks import RISK
from limen.access.journeys.guards.weighing import PUT_OFF
from limen.access.journeys.second_factors import RECENT
from limen.access.journeys.weaker import can_reach
from limen.access.oauth.assurance import MULTI_FACTOR
from limen.access.possession.proof import ALGORITHMS
from limen.access.sessions.records import KEYS, Evidence, Session
from limen.access.tokens.bound_tokens import BEARER, BOUND, DPOP, ShownToken, key_refused
from limen.access.tokens.desk import Desk
from limen.access.tokens.proving import NONCE_NEEDED
from limen.access.tokens.resource_metadata import challenge_parameter
from limen.identity.administrators import Actor
from limen.integration.api.parts import PREFIX, ApiParts, Change
from limen.integration.api.problems import Refused
from limen.integration.api.route import GuardedRoute, StrictRequest, count, desk_of
from limen.integration.edge.arrival import arrival_of
from limen.kernel.clock import SECOND, Instant
from limen.kernel.context import RequestContext
from limen.kernel.errors import Forbidden, Refusal, Throttled, Unauthenticated

_LONGEST_AGENT: Final = 400
_MISSING: Final = Unauthenticated("missing_token")
_GONE: Final = Unauthenticated("invalid_token", "the customer is gone")


@dataclass(frozen=True, slots=True)
class AccountCall:
    """What a door of the account knows of its request.

    Attributes:
        owner: whose account it is, and who acts.
        held: what the token's session rested on when the token's customer last proved who they are.
        scheme: how the token was shown, lower case.
        granted: the scopes of the token.
        session: where the token came from, as long as it stands.
    """

    parts: ApiParts
    desk: Desk
    prefix: str
    owner: Owner
    held: Sequence[Evidence] = field(repr=False)
    scheme: str
    granted: frozenset[str]
    session: Session | None = None

    @property
    def client_id(self) -> str:
        """Return which application calls."""
        return self.owner.client

    @property
    def actor(self) -> Actor:
        """Return who is to be named in the audit log."""
        return Actor(f"customer:{self.owner.customer.id}", self.owner.request.request_id)

    @property
    def account(self) -> AccountParts:
        """Return what the use cases need."""
        parts, directory = self.parts, self.parts.directory_for(self.desk.tenant.id)
        return AccountParts(self.desk, parts.begin, parts.reading, directory, parts.clock, parts.entropy, parts.texts)


class AccountRoute(GuardedRoute):
    """A route for customers. Counted by customer: one application may speak for many."""

    async def _look(self, request: StrictRequest) -> None:
        _, desk = await desk_of(request)
        shown = _presented(request)
        if isinstance(shown, Refusal):
            raise _challenged(desk, shown, BEARER)
        token = _signed(desk, shown)
        refusal = token if isinstance(token, Refusal) else await _over(desk, token)
        if refusal is not None:
            raise _challenged(desk, refusal, shown.scheme)

    async def _authorised(self, request: StrictRequest, headers: dict[str, str]) -> AccountCall:
        parts, desk = await desk_of(request)
        shown = _presented(request)
        if isinstance(shown, Refusal):
            raise _challenged(desk, shown, BEARER)
        token = await _verified(desk, request, shown)
        if isinstance(token, Refusal):
            raise _challenged(desk, token, shown.scheme)
        call = await _call(parts, desk, request, token, shown.scheme)
        if isinstance(call, Refusal):
            raise _challenged(desk, call, shown.scheme)
        await count(parts, f"api:customer:{desk.tenant.id}:{call.owner.customer.id}", headers)
        scope = self.needed_scope()
        if scope not in call.granted:
            raise out_of_scope(call, scope)
        return call


def out_of_scope(call: AccountCall, *scopes: str) -> Refused:
    """Return what refuses a token that has none of *scopes*."""
    named = " ".join(scopes)
    more = f', scope="{named}"' if named else ""
    return _challenged(call.desk, Forbidden("insufficient_scope", named), call.scheme, more)


def _presented(request: Request) -> ShownToken | Refusal:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in {BEARER, DPOP} or not text.strip():
        return _MISSING
    return ShownToken(text.strip(), scheme.lower())


async def _verified(desk: Desk, request: Request, shown: ShownToken) -> VerifiedToken | Refusal:
    """Return the token, if it is a customer's, for this API, not revoked, and its key was shown."""
    token = _signed(desk, shown)
    if isinstance(token, Refusal):
        return token
    refusal = await key_refused(desk, _hot(request), shown, token.claims) or await _over(desk, token)
    return token if refusal is None else refusal


def _signed(desk: Desk, shown: ShownToken) -> VerifiedToken | Refusal:
    token = desk.verifier.verify(shown.text)
    if not isinstance(token, Refusal) and not {desk.issuer, desk.issuer + PREFIX} & set(token.audiences):
        return Unauthenticated("invalid_token", "for another audience")
    return token


async def _over(desk: Desk, token: VerifiedToken) -> Refusal | None:
    """Return why a token does not count any more, or never did for an account."""
    if "fid" not in token.claims:
        return Unauthenticated("invalid_token", "a client's own: nobody signed in for it")
    if await desk.clients(str(token.claims["client_id"])) is None or await desk.revocations.is_revoked(token):
        return Unauthenticated("invalid_token", "revoked")
    return None


async def _call(
    parts: ApiParts, desk: Desk, request: Request, token: VerifiedToken, scheme: str
) -> AccountCall | Refusal:
    subject, sid = await desk.subject_of(token.claims), str(token.claims.get("sid", ""))
    async with parts.reading(desk.tenant.id) as unit:
        sealed = await unit.customers.find_by_subject(subject)
        session = await unit.sessions.find_sid(sid) if sid else None
    if sealed is None or not sealed.is_active:
        return _GONE
    directory = parts.directory_for(desk.tenant.id)
    vault = await directory.vault_of(sealed.id)
    customer = await directory.open(sealed, vault)
    if customer is None or vault is None:
        return _GONE
    held: tuple[Evidence, ...] = ()
    if session is not None and (session.customer_id != customer.id or session.ended_at is not None):
        session = None
    if session is not None:
        proven_at = int(token.claims.get("auth_time", 0))
        held = tuple(piece for piece in session.evidence if piece.at // SECOND <= proven_at)
    arrival = arrival_of(request.scope)
    agent = request.headers.get("user-agent", "")[:_LONGEST_AGENT]
    came = RequestContext(arrival.request_id, arrival.address, agent, customer.profile.locale or "en")
    owner = Owner(customer, vault, sid, came, str(token.claims["client_id"]))
    granted = frozenset(str(token.claims.get("scope", "")).split())
    return AccountCall(parts, desk, arrival.prefix, owner, held, scheme, granted, session)


async def require_recent(call: AccountCall, *, is_harmless: bool = False) -> None:
    """See that the customer proved lately, and strongly enough, who they are; and that risk has nothing against it.

    Risk is not asked about what ``is_harmless``.

    Raises:
        Refused: they did not; the challenge says what to ask them for (RFC 9470 §3).
    """
    factors = await factors_of(call.account, call.owner)
    now = call.parts.clock.now()
    if is_fresh(call.held, factors, now):
        if not is_harmless:
            await _require_likely(call, factors, now)
        return
    strong, age = "", RECENT // SECOND
    if second_steps(factors) and can_reach(factors, call.desk.tenant):
        strong = f', acr_values="{MULTI_FACTOR}"'
    elif any(now - piece.at <= RECENT for piece in call.held):
        age = 0  # a trusted device stood in for a factor that bears no level: only a fresh sign-in asks for it
    refusal = Unauthenticated("insufficient_user_authentication", "stale, or too weak")
    raise _challenged(call.desk, refusal, call.scheme, f'{strong}, max_age="{age}"')


def sign_in_needed(call: AccountCall) -> Refused:
    """Refuse until the customer has signed in anew, whatever they proved before."""
    refusal = Unauthenticated("insufficient_user_authentication", "a sign-in asks for more than was proven")
    strong = f', acr_values="{MULTI_FACTOR}"' if call.desk.tenant.settings.assurance.level > 1 else ""
    return _challenged(call.desk, refusal, call.scheme, f'{strong}, max_age="0"')


async def _require_likely(call: AccountCall, factors: Sequence[StoredFactor], now: Instant) -> None:
    """See that the change looks like its customer's, or that they proved more than a password lately.

    A confidential client's token comes from its own server, where no customer is. Who has nothing more to be asked for
    is asked for the mailbox on the account page.
    """
    loaded = await call.desk.clients(call.owner.client)
    if loaded is None or loaded.client.is_confidential:
        return
    spoke = {piece.authenticator for piece in call.held if now - piece.at <= RECENT}
    has_key, by_key = any(one.is_key for one in factors), bool(spoke & KEYS)
    risk = await call.parts.weigh(Change(call.desk.tenant, call.owner, is_answered=len(spoke) > 1 or by_key))
    if risk is None:
        return
    if risk.does("deny"):
        raise Refused(Throttled("too_many_requests", RISK, retry_after=PUT_OFF))
    wants_key = has_key and risk.decision.level == "phishing_resistant"
    if not risk.does("challenge") or by_key or (len(spoke) > 1 and not wants_key):
        return
    if not has_key and not second_steps(factors):
        raise Refused(Forbidden("account_page_needed", RISK))
    refusal = Unauthenticated("insufficient_user_authentication", RISK)
    strong = f', acr_values="{MULTI_FACTOR}"' if can_reach(factors, call.desk.tenant) else ""
    raise _challenged(call.desk, refusal, call.scheme, f'{strong}, max_age="0"')


def _challenged(desk: Desk, refusal: Refusal, scheme: str, more: str = "") -> Refused:
    """Refuse with a challenge (RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1): without a token no error is named."""
    status = 403 if isinstance(refusal, Forbidden) else 401
    error = "" if refusal is _MISSING else f'error="{refusal.code}"{more}, '
    where = challenge_parameter(desk, PREFIX).removeprefix(", ")
    is_dpop = scheme == DPOP or refusal is BOUND
    kind = f'DPoP algs="{" ".join(ALGORITHMS)}", ' if is_dpop else 'Bearer realm="limen", '
    headers = {"www-authenticate": f"{kind}{error}{where}"}
    if refusal.code == NONCE_NEEDED:
        headers["dpop-nonce"] = desk.nonces.current()
    plain = refusal if isinstance(refusal, Forbidden) else Unauthenticated(refusal.code, refusal.detail)
    return Refused(plain, status, headers)


class _Headers:
    """Starlette's headers as hot doors know them."""

    def __init__(self, request: Request) -> None:
        self._headers = request.headers

    def get(self, key: str, default: str | None = None) -> str | None:
        return self._headers.get(key, default)

    def get_all(self, key: str) -> Sequence[str]:
        return self._headers.getlist(key)


def _hot(request: Request) -> HotRequest:
    """Return what the proof of a key is held against: method, path and headers."""
    arrival = arrival_of(request.scope)
    path = str(request.scope["path"]).removeprefix(arrival.prefix)
    return HotRequest(
        request.method, path, "", _Headers(request), b"", arrival.address, arrival.request_id, arrival.prefix
    )


async def _current(request: Request) -> AccountCall:  # async, or FastAPI takes a thread for it
    call: AccountCall = request.state.call
    return call


CurrentAccount = Annotated[AccountCall, Depends(_current)]
