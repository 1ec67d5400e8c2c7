"""The token doors: parse once, prove the client, call the use case, render (RFC 6749 §3.2, 7009, 7662).

Framework-free: ``(request) → (status, headers, bytes)``. A door belongs to no tenant until it is asked; the desk of
the request's tenant says everything else.
"""

from collections.abc import Mapping
from typing import TypeVar

from limen.access.clients.records import AuthMethod
from limen.access.http import FormLimits, HotDoor, HotRequest, HotResponse, json_response, parse_form
from limen.access.tokens.client_authentication import prove
from limen.access.tokens.desk import Desk, Desks
from limen.access.tokens.failures import Asked, failed
from limen.access.tokens.grants import GRANTS, NAMES, OTHER
from limen.access.tokens.introspect import introspect, introspection_jwt, wants_jwt
from limen.access.tokens.issue import no_key_for
from limen.access.tokens.once import BEFORE, answered_once
from limen.access.tokens.profiles import grant_refused
from limen.access.tokens.proving import NO_KEY, Wants
from limen.access.tokens.records import Redemption, RotationOutcome
from limen.access.tokens.refusals import refused, unproven, with_nonce
from limen.access.tokens.request import TokenRequest, UseCase
from limen.access.tokens.revoke import revoke
from limen.access.tokens.targets import RESOURCE, requested_targets
from limen.kernel.errors import Invalid, Refusal, Throttled, Unauthenticated
from limen.trust.limits import RateLimiter

LIMITS = FormLimits(repeatable=frozenset({RESOURCE}))
"""One parameter may come several times (RFC 8707 §2)."""

_GONE = Invalid("invalid_request", "no such tenant")
_STOLEN = frozenset({Redemption.REPLAYED.value, RotationOutcome.REUSED.value})
"""Refusals that are counted apart from others of their code: a code or a refresh token came a second time."""
T = TypeVar("T", HotResponse, Refusal, HotResponse | Refusal)


def client_door(desks: Desks, limiter: RateLimiter, use_case: UseCase, name: str, wants: Wants = NO_KEY) -> HotDoor:
    """Return a door for authenticated clients that answers by *use_case*, and *wants* a key to be shown or none."""
    counted = _by_grant if use_case is token else _as_it_is

    async def door(request: HotRequest) -> HotResponse:
        form = parse_form(request.body, request.headers.get("content-type"), LIMITS)
        desk = await desks(request.prefix)
        if isinstance(form, Refusal):
            return refused(form)
        if desk is None:
            return refused(_GONE)
        proven = await prove(desk, request, form)
        if isinstance(proven, Refusal):
            return refused(counted(desk, form, await failed(Asked(desk, limiter, request, name), proven)))
        client = proven.client
        shown = wants.look(desk, client, request)
        if isinstance(shown, Refusal):
            refusal = await failed(Asked(desk, limiter, request, name, client.client_id), shown)
            return unproven(desk, counted(desk, form, refusal))
        uses = proven.uses + shown.uses
        ask = TokenRequest(desk, client, form, request.request_id, request, shown.confirmation)
        if not uses:
            answer = counted(desk, form, await use_case(ask))
            return refused(answer) if isinstance(answer, Refusal) else answer
        answer = await answered_once(use_case, ask, uses, early=wants.spends_early)
        if isinstance(answer, Refusal) and answer in BEFORE:
            return refused(
                counted(desk, form, await failed(Asked(desk, limiter, request, name, client.client_id), answer))
            )
        answer = counted(desk, form, answer)
        response = refused(answer) if isinstance(answer, Refusal) else answer
        return with_nonce(response, shown.nonce)

    return door


def _by_grant(desk: Desk, form: Mapping[str, str], answer: T) -> T:
    """Return *answer*, measured by grant and outcome: an OAuth error, or what became of who is refused apart."""
    if not isinstance(answer, Refusal):
        outcome = "issued"
    elif isinstance(answer, Throttled):
        outcome = "throttled"
    else:
        outcome = answer.detail if answer.detail in _STOLEN else answer.code
    desk.count_grant(NAMES.get(form.get("grant_type", ""), OTHER), outcome)
    return answer


def _as_it_is(_: Desk, __: Mapping[str, str], answer: T) -> T:
    return answer


async def token(ask: TokenRequest) -> HotResponse | Refusal:
    """Answer a token request (RFC 6749 §3.2)."""
    grant_type = ask.form.get("grant_type", "")
    grant = GRANTS.get(grant_type)
    if grant is None:
        return Invalid("unsupported_grant_type" if grant_type else "invalid_request", "grant_type")
    if not ask.client.may(grant_type):
        return Invalid("unauthorized_client", grant_type)
    if ask.client.document.profile != "oauth2.1":
        refusal = grant_refused(ask.client.document, ask.form)
        if refusal is not None:
            return refusal
    if RESOURCE in ask.form:  # before a code or a refresh token is spent on what can never be had
        named = requested_targets(ask.form[RESOURCE], ask.client.document.audiences or (ask.desk.issuer,))
        if isinstance(named, Refusal):
            return named
    away = no_key_for(ask.client.document, ask.client.document.id_token_encrypted_response_alg)
    if away is not None:
        return away
    tokens = await grant(ask)
    return tokens if isinstance(tokens, Refusal) else json_response(tokens.body(_token_type(ask)))


def _token_type(ask: TokenRequest) -> str:
    """Return how the token is to be presented (RFC 9449 §5; RFC 8705 §3 keeps ``Bearer``)."""
    return "DPoP" if ask.confirmation is not None and ask.confirmation.method == "jkt" else "Bearer"


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
