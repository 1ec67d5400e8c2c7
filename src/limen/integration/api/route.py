"""What every request of the API passes before its door, in one place: bearer → rate → scope → shape.

A route's required scope is read from the ``security`` of its own documentation, so that the two cannot differ.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from limen.access.tokens.desk import Desk
from limen.access.tokens.resource_metadata import challenge_parameter
from limen.identity.administrators import Actor
from limen.integration.api.authority import Caller, authenticate, token_of
from limen.integration.api.deprecation import DEPRECATED, Deprecation
from limen.integration.api.parts import PREFIX, ApiParts
from limen.integration.api.problems import Refused, problem, refused, unreadable
from limen.integration.api.strict_json import MAX_BODY, MalformedJson, strict_json
from limen.integration.edge.arrival import arrival_of
from limen.integration.edge.throttle import limit_headers
from limen.kernel.errors import Forbidden, Invalid, NotFound, Outage, Refusal, Throttled, Unauthenticated

_log = structlog.get_logger("limen.api")
_JSON = frozenset({"application/json", "application/merge-patch+json"})
Inner = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Call:
    """What a door knows of its request: the parts, the tenant's desk, who calls, and where links begin."""

    parts: ApiParts
    desk: Desk
    caller: Caller
    prefix: str

    @property
    def actor(self) -> Actor:
        """Return who is to be named in the audit log."""
        return self.caller.actor

    @property
    def client_id(self) -> str:
        """Return which client calls."""
        return self.caller.client_id


class StrictRequest(Request):
    """A request whose body is read within a limit, and as strict JSON."""

    async def body(self) -> bytes:
        """Return the body.

        Raises:
            Refused: it is longer than the limit (413).
        """
        if not hasattr(self, "_body"):
            taken = bytearray()
            async for chunk in self.stream():
                taken += chunk
                if len(taken) > MAX_BODY:
                    raise Refused(Invalid("body_too_large"), 413)
            self._body = bytes(taken)
        return self._body

    async def json(self) -> Any:
        """Return the body's value, read as strict JSON once.

        Raises:
            MalformedJson: it is none.
        """
        if not hasattr(self, "_json"):
            self._json = strict_json(await self.body())
        return self._json


class GuardedRoute(APIRoute):
    """A route of the API. ``openapi_extra["security"]`` names the one scope it needs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the door behind its guards."""
        inner = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            headers: dict[str, str] = {}
            try:
                answer = await self._pass(strict, inner, headers)
            except Refused as given:
                answer = refused(strict, given)
            except RequestValidationError as found:
                answer = unreadable(strict, found.errors())
            except HTTPException as given:  # the edge's, met while the body was read: too large, too slow
                answer = problem(strict, given.status_code, given.detail, headers=given.headers)
            except ClientDisconnect:  # no fault, and nobody reads the answer: it is for the log and the metrics
                answer = problem(strict, 400, "body_cut_off")
            except Outage as away:
                _log.warning("api.outage", request_id=arrival_of(strict.scope).request_id, what=str(away))
                retry = {"retry-after": str(away.retry_after)}
                answer = problem(strict, 503, away.code, headers=retry)
            except Exception as fault:  # noqa: BLE001 - the last catch: the answer keeps the API's shape
                request_id = arrival_of(strict.scope).request_id
                _log.exception("api.fault", request_id=request_id, route=self.path, fault=type(fault).__name__)
                answer = problem(strict, 500, "server_error")
            answer.headers.setdefault("cache-control", "no-store")
            answer.headers.update(headers)
            going = DEPRECATED.get(self.name_in_document) if DEPRECATED else None
            if going is not None and going.concerns(_named_by(strict)):
                _say(strict, answer, going, self.name_in_document)
            return answer

        return guarded

    async def _pass(self, request: StrictRequest, inner: Inner, headers: dict[str, str]) -> Response:
        cut_off = None
        if self.body_field is not None:
            await self._look(request)  # first: no body is awaited from a stranger
            cut_off = await _taken(request)
        # Judged when all is there: a token may have been revoked since its bearer began.
        call = await self._authorised(request, headers)
        if cut_off is not None:
            raise cut_off
        request.state.call = call
        self._check_query(request)
        if self.body_field is not None:
            await _check_body(request)
        return await inner(request)

    async def _look(self, request: StrictRequest) -> None:
        """See that a token that stands was shown; nothing is counted, and no proof is used up.

        Raises:
            Refused: none was.
        """
        _, desk = await desk_of(request)
        token = await token_of(desk, request.headers.get("authorization"))
        if isinstance(token, Refusal):
            raise _unknown(desk, token)

    async def _authorised(self, request: StrictRequest, headers: dict[str, str]) -> object:
        """Return who asks, as the door will know them.

        Raises:
            Refused: they may not.
        """
        arrival = arrival_of(request.scope)
        parts, desk = await desk_of(request)
        caller = await authenticate(parts, desk, request.headers.get("authorization"), arrival.request_id)
        if isinstance(caller, Refusal):
            raise _unknown(desk, caller)
        await count(parts, f"api:client:{desk.tenant.id}:{caller.client_id}", headers)
        scope = self.needed_scope()
        if caller.refusal is not None or scope not in caller.scopes:
            refusal = caller.refusal or Forbidden("insufficient_scope", scope)
            raise challenged(desk, refusal, f', error="insufficient_scope", scope="{scope}"')
        return Call(parts, desk, caller, arrival.prefix)

    @property
    def name_in_document(self) -> str:
        """Return the operation as the document names it."""
        [method] = self.methods or {""}
        return f"{method} {self.path}"

    def needed_scope(self) -> str:
        """Return the scope that the documentation names."""
        [requirement] = (self.openapi_extra or {})["security"]
        [[scope]] = requirement.values()
        return str(scope)

    def _check_query(self, request: Request) -> None:
        known = set(_names(self.dependant))
        names = [name for name, _ in request.query_params.multi_items()]
        wrong = [name for name in names if name not in known or names.count(name) > 1]
        if wrong:
            kinds = {name: "repeated" if name in known else "unknown" for name in wrong}
            raise RequestValidationError(
                [
                    {"loc": ("query", name[:64]), "type": kind, "msg": f"{kind} parameter"}
                    for name, kind in kinds.items()
                ]
            )


def _say(request: StrictRequest, answer: Response, going: Deprecation, operation: str) -> None:
    """Say in *answer* that it will go, and count the call."""
    told = going.headers()
    answer.headers.append("link", told.pop("link"))
    answer.headers.update(told)
    request.app.state.parts.count_deprecated(operation)


def _named_by(request: StrictRequest) -> set[str]:
    """Return the query parameters of a request, and the members of its body as far as it was read."""
    names = set(request.query_params)
    try:
        body = strict_json(getattr(request, "_body", b""))
    except MalformedJson:
        return names
    return names | set(body) if isinstance(body, dict) else names


def _names(dependant: Dependant) -> Iterator[str]:
    """Yield the query parameters of a door and of what it depends on."""
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _names(inner)


async def desk_of(request: Request) -> tuple[ApiParts, Desk]:
    """Return what the API is made of, and the desk of the tenant that *request* is for.

    Raises:
        Refused: there is no such tenant.
    """
    parts: ApiParts = request.app.state.parts
    desk = await parts.desks(arrival_of(request.scope).prefix)
    if desk is None:
        raise Refused(NotFound("tenant_not_found"))
    return parts, desk


async def count(parts: ApiParts, key: str, headers: dict[str, str]) -> None:
    """Count a request under *key*, and put into *headers* what is left.

    Raises:
        Refused: there were too many.
    """
    decision = await parts.meter.hit(key, parts.limit)
    headers.update(limit_headers(parts.limit, decision))
    if not decision.allowed:
        raise Refused(Throttled("too_many_requests", retry_after=decision.reset_seconds))


async def _taken(request: StrictRequest) -> Exception | None:
    """Take the whole body; return what refuses it, to be said once who sent it is known and counted."""
    try:
        await request.body()
    except (Refused, HTTPException, ClientDisconnect) as given:
        return given
    return None


async def _check_body(request: StrictRequest) -> None:
    body = await request.body()
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.partition("charset=")[2].strip(' "')
    if (body or media_type) and (media_type.strip() not in _JSON or charset not in {"", "utf-8"}):
        raise Refused(Invalid("unsupported_media_type"), 415, {"accept-post": "application/json"})
    if not body:
        return
    try:
        await request.json()
    except MalformedJson:
        raise Refused(Invalid("malformed_json"), 400) from None


def _unknown(desk: Desk, refusal: Refusal) -> Refused:
    return challenged(desk, refusal, "" if refusal.code == "missing_token" else ', error="invalid_token"')


def challenged(desk: Desk, refusal: Refusal, error: str) -> Refused:
    """Return what refuses with a challenge (RFC 6750 §3, RFC 9728 §5.1): without a token no error is named."""
    status = 403 if isinstance(refusal, Forbidden) else 401
    plain = refusal if isinstance(refusal, Forbidden) else Unauthenticated(refusal.code, refusal.detail)
    challenge = f'Bearer realm="limen"{error}{challenge_parameter(desk, PREFIX)}'
    return Refused(plain, status, {"www-authenticate": challenge})
