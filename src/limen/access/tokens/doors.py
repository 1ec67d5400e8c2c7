"""The token doors: parse once, prove the client, call the use case, render (RFC 6749 §3.2, 7009, 7662).

Framework-free: ``(request) → (status, headers, bytes)``. A door belongs to no tenant until it is asked; the desk of
the request's tenant says everything else.
"""

from collections.abc import Awaitable, Callable

from limen.access.clients.records import AuthMethod
from limen.access.http import FormLimits, HotDoor, HotRequest, HotResponse, json_response, parse_form
from limen.access.tokens.client_authentication import authenticate, present
from limen.access.tokens.desk import Desk, Desks
from limen.access.tokens.grants import GRANTS
from limen.access.tokens.introspect import introspect, introspection_jwt, wants_jwt
from limen.access.tokens.refusals import refused
from limen.access.tokens.request import TokenRequest
from limen.access.tokens.revoke import revoke
from limen.access.tokens.targets import RESOURCE, requested_targets
from limen.kernel.errors import Invalid, Refusal, Throttled, Unauthenticated
from limen.kernel.events import AuditEntry, Outcome
from limen.trust.limits import Limit, RateLimiter, address_key

FAILURES = Limit(30, 60, "client-authentication")
"""Failed client authentications per address; beyond it they are answered 429 and no longer recorded."""

LIMITS = FormLimits(repeatable=frozenset({RESOURCE}))
"""One parameter may come several times (RFC 8707 §2)."""

_GONE = Invalid("invalid_request", "no such tenant")
UseCase = Callable[[TokenRequest], Awaitable[HotResponse | Refusal]]


def client_door(desks: Desks, limiter: RateLimiter, use_case: UseCase, name: str) -> HotDoor:
    """Return a door for authenticated clients that answers by *use_case*."""

    async def door(request: HotRequest) -> HotResponse:
        form = parse_form(request.body, request.headers.get("content-type"), LIMITS)
        desk = await desks(request.prefix)
        if isinstance(form, Refusal):
            return refused(form)
        if desk is None:
            return refused(_GONE)
        presented = present(request.headers.get("authorization"), form)
        client = presented if isinstance(presented, Refusal) else await authenticate(desk, presented)
        if isinstance(client, Refusal):
            if isinstance(client, Unauthenticated):
                client = await _count_failure(desk, limiter, request, client, name)
            return refused(client)
        answer = await use_case(TokenRequest(desk, client, form, request.request_id, request))
        return refused(answer) if isinstance(answer, Refusal) else answer

    return door


async def token(ask: TokenRequest) -> HotResponse | Refusal:
    """Answer a token request (RFC 6749 §3.2)."""
    grant_type = ask.form.get("grant_type", "")
    grant = GRANTS.get(grant_type)
    if grant is None:
        return Invalid("unsupported_grant_type" if grant_type else "invalid_request", "grant_type")
    if not ask.client.may(grant_type):
        return Invalid("unauthorized_client", grant_type)
    if RESOURCE in ask.form:  # before a code or a refresh token is spent on what can never be had
        named = requested_targets(ask.form[RESOURCE], ask.client.document.audiences or (ask.desk.issuer,))
        if isinstance(named, Refusal):
            return named
    tokens = await grant(ask)
    return tokens if isinstance(tokens, Refusal) else json_response(tokens.body())


async def introspection(ask: TokenRequest) -> HotResponse | Refusal:
    """Answer an introspection request (RFC 7662 §2); only confidential clients may ask (§2.1)."""
    if ask.client.document.token_endpoint_auth_method is AuthMethod.NONE:
        return Unauthenticated("invalid_client", "introspection wants a confidential client")
    if not ask.form.get("token"):
        return Invalid("invalid_request", "token is required")
    answer = await introspect(ask, ask.form["token"])
    accept = ask.http.headers.get("accept") if ask.http is not None else None
    return introspection_jwt(ask, answer) if wants_jwt(accept) else json_response(answer)


async def revocation(ask: TokenRequest) -> HotResponse | Refusal:
    """Answer a revocation request (RFC 7009 §2): 200 whether or not there was anything to revoke (§2.2)."""
    if not ask.form.get("token"):
        return Invalid("invalid_request", "token is required")
    await revoke(ask, ask.form["token"])
    return json_response({})


async def _count_failure(desk: Desk, limiter: RateLimiter, request: HotRequest, refusal: Refusal, name: str) -> Refusal:
    decision = await limiter.hit(f"client-authentication:{address_key(request.address)}", FAILURES)
    if not decision.allowed:
        return Throttled("slow_down", "too many failures", retry_after=decision.reset_seconds)
    await desk.hot.record(
        AuditEntry(
            event="client.authentication_failed",
            outcome=Outcome.REFUSED,
            actor="client:unknown",
            reason=refusal.code,
            request_id=request.request_id,
            data={"door": name, "why": refusal.detail},
        )
    )
    return refusal
