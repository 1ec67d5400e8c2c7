"""The doors ``/register`` (RFC 7591 §3) and ``/register/{client_id}`` (RFC 7592 §2)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from limen.access.clients.dynamic.metadata import shown_metadata
from limen.access.clients.dynamic.register import Begin, SelfRegistered, SelfRegistration
from limen.access.clients.registration import Registration
from limen.access.http import NO_STORE, HotDoor, HotRequest, HotResponse, json_response, oauth_error
from limen.access.tokens.desk import CountProof, Desk, Desks, uncounted
from limen.identity.keyring import Keyring
from limen.kernel.clock import to_seconds
from limen.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from limen.kernel.strict_json import MalformedJson, strict_json
from limen.trust.limits import Limit, RateLimiter, address_key

REGISTER: Final = "/register"
BELOW: Final = "/register/"
"""What a client configuration endpoint begins with."""

REGISTRATIONS: Final = Limit(20, 3_600, "registrations")
"""Registrations by one address."""
MANAGEMENT: Final = Limit(60, 60, "registration-management")
"""Everything that one address does with what it registered."""

_STATUSES: Final[Mapping[type[Refusal], int]] = {
    Invalid: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Throttled: 429,
    Unavailable: 503,
}
_DESCRIPTIONS: Final = {
    "invalid_token": "The token is missing, or is not good here.",
    "registration_is_off": "Clients cannot register themselves here.",
    "too_many_clients": "There are as many such clients as this tenant allows.",
    "invalid_software_statement": "The software statement is missing, malformed, expired, or not signed as it says.",
    "unapproved_software_statement": "The issuer of the software statement is not trusted here.",
    "slow_down": "Too many requests.",
    "version_changed": "The client was changed at the same moment. Try again.",
}
_CODES: Final = {
    "registration_is_off": "access_denied",
    "too_many_clients": "access_denied",
    "version_changed": "invalid_request",
    "slow_down": "invalid_request",
}
_CHALLENGE: Final = (("www-authenticate", 'Bearer realm="limen", error="invalid_token"'),)
_ACTIONS: Final = {"POST": "register", "GET": "read", "PUT": "update", "DELETE": "remove"}
Answer = Awaitable[HotResponse | Refusal]


@dataclass(frozen=True, slots=True)
class RegistrationParts:
    """What the doors are made of; ``begin`` opens a unit for writing, ``reading`` one for reading.

    ``count`` measures what came of each action; both are words of ours.
    """

    desks: Desks
    begin: Begin
    reading: Begin
    keyring: Keyring
    limiter: RateLimiter
    count: CountProof = uncounted


def register_door(parts: RegistrationParts) -> HotDoor:
    """Return the client registration endpoint."""

    async def work(use: SelfRegistration, request: HotRequest, bearer: str | None) -> HotResponse | Refusal:
        sent = _body(request)
        made = sent if isinstance(sent, Refusal) else await use.create(sent, bearer, request.request_id)
        return made if isinstance(made, Refusal) else json_response(_shown(use, made), 201)

    return _door(parts, REGISTRATIONS, work)


def configuration_door(parts: RegistrationParts) -> HotDoor:
    """Return the client configuration endpoint of every client."""

    async def work(use: SelfRegistration, request: HotRequest, bearer: str | None) -> HotResponse | Refusal:
        client_id = request.path.removeprefix(BELOW)
        if request.method == "DELETE":
            gone = await use.delete(client_id, bearer, request.request_id)
            return gone if isinstance(gone, Refusal) else HotResponse(204, NO_STORE)
        found: SelfRegistered | Refusal
        if request.method == "GET":
            found = await use.read(client_id, bearer)
        else:
            sent = _body(request)
            if isinstance(sent, Refusal):
                return sent
            found = await use.update(client_id, sent, bearer, request.request_id)
        return found if isinstance(found, Refusal) else json_response(_shown(use, found))

    return _door(parts, MANAGEMENT, work)


def _door(
    parts: RegistrationParts, limit: Limit, work: Callable[[SelfRegistration, HotRequest, str | None], Answer]
) -> HotDoor:
    async def door(request: HotRequest) -> HotResponse:
        desk = await parts.desks(request.prefix)
        if desk is None:
            return oauth_error(404, "invalid_request", "no such tenant")
        key = f"{limit.name}:{desk.tenant.id}:{address_key(request.address)}"
        decision = await parts.limiter.hit(key, limit)
        action = _ACTIONS.get(request.method, "other")
        if not decision.allowed:
            parts.count(action, "throttled")
            return _refused(Throttled("slow_down", retry_after=decision.reset_seconds))
        answer = await work(_use(parts, desk), request, _bearer(request))
        parts.count(action, answer.code if isinstance(answer, Refusal) else "done")
        return _refused(answer) if isinstance(answer, Refusal) else answer

    return door


def _use(parts: RegistrationParts, desk: Desk) -> SelfRegistration:
    registration = Registration(
        desk.tenant.id, parts.begin, parts.reading, parts.keyring, desk.clock, desk.entropy, desk.outgoing
    )
    return SelfRegistration(desk.tenant, parts.begin, parts.reading, registration)


def _bearer(request: HotRequest) -> str | None:
    scheme, _, text = (request.headers.get("authorization") or "").partition(" ")
    text = text.strip()
    return text if scheme.lower() == "bearer" and text and text.isascii() else None


def _body(request: HotRequest) -> dict[str, Any] | Invalid:
    media_type, _, _ = (request.headers.get("content-type") or "").partition(";")
    if media_type.strip().lower() != "application/json":
        return Invalid("invalid_client_metadata", "not application/json", {"body": "content_type"})
    try:
        value = strict_json(request.body)
    except MalformedJson:
        value = None
    if not isinstance(value, dict):
        return Invalid("invalid_client_metadata", "not a JSON object", {"body": "malformed"})
    return value


def _shown(use: SelfRegistration, registered: SelfRegistered) -> dict[str, Any]:
    client = registered.client
    shown = {
        "client_id": client.client_id,
        "client_id_issued_at": to_seconds(client.created_at),
        **shown_metadata(client.document),
        "registration_client_uri": f"{use.tenant.issuer}{BELOW}{client.client_id}",
    }
    if client.document.software_statement:
        shown["software_statement"] = client.document.software_statement
    if registered.secret is not None:
        shown |= {"client_secret": registered.secret.reveal(), "client_secret_expires_at": 0}
    if registered.token is not None:
        shown["registration_access_token"] = registered.token.reveal()
    return shown


def _refused(refusal: Refusal) -> HotResponse:
    status = _STATUSES.get(type(refusal), 400)
    headers: tuple[tuple[str, str], ...] = _CHALLENGE if status == 401 else ()
    if isinstance(refusal, Throttled | Unavailable):
        headers = (("retry-after", str(max(1, refusal.retry_after))),)
    places = ", ".join(f"{name}: {what}" for name, what in list(refusal.fields.items())[:10])
    described = _DESCRIPTIONS.get(refusal.code, "") or places
    return oauth_error(status, _CODES.get(refusal.code, refusal.code), described, headers)
