"""The way of a request through a hot door, the same over RSGI and ASGI.

Shape first, then method, then body, then the door. Whatever goes wrong is answered here as JSON, since only protocol
clients speak to hot doors.
"""

import asyncio
from typing import Any, Final

import structlog

from limen.access.http import Door, Headers, HotRequest, HotResponse, oauth_error
from limen.app.server.records import Parts
from limen.integration.edge.arrival import Arrival, Incoming
from limen.integration.edge.deadlines import Deadlines
from limen.kernel.errors import Outage

_PREFLIGHT: Final = (
    ("access-control-allow-headers", "authorization, content-type, dpop"),
    ("access-control-max-age", "3600"),
)
_CROSS_ORIGIN: Final = (
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "dpop-nonce, retry-after, www-authenticate, x-request-id"),
)
_HSTS: Final = (("strict-transport-security", "max-age=31536000"),)
_ALWAYS: Final = {
    (is_cross_origin, scheme): (_CROSS_ORIGIN if is_cross_origin else ()) + (_HSTS if scheme == "https" else ())
    for is_cross_origin in (False, True)
    for scheme in ("http", "https")
}
"""What each answer carries, by the door's openness and the scheme."""
_SINGLE: Final = ("authorization", "content-type")
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class HotPath:
    """Calls doors and answers for them when they cannot."""

    __slots__ = ("_clock", "_deadlines", "_limits", "_log", "_observer")

    def __init__(self, parts: Parts, log: Any = None) -> None:
        """Take limits, clock and observer from *parts*."""
        self._limits = parts.limits
        self._clock = parts.clock
        self._observer = parts.observer
        self._deadlines = Deadlines(parts.limits.body_seconds)
        self._log = log or structlog.get_logger("limen.server")

    async def answer(self, door: Door, incoming: Incoming) -> HotResponse:
        """Return the complete answer of *door*; never raises but on cancellation."""
        began = self._clock.monotonic()
        try:
            response = await self._through(door, incoming)
        except ConnectionError:
            response = oauth_error(400, "invalid_request", "the request ended early")
        except Outage as away:
            self._log.warning("http.outage", request_id=incoming.arrival.request_id, door=door.name, what=str(away))
            retry = (("retry-after", str(away.retry_after)),)
            response = oauth_error(503, "temporarily_unavailable", "try again in a moment", retry)
        except Exception as fault:  # noqa: BLE001  # the last catch before the wire
            self._log.exception(
                "http.fault", request_id=incoming.arrival.request_id, door=door.name, fault=type(fault).__name__
            )
            response = oauth_error(500, "server_error")
        return self._complete(door, incoming.method, incoming.arrival, response, began)

    def at_once(self, door: Door, path: str, query: str, headers: Headers, arrival: Arrival) -> HotResponse | None:
        """Return the complete answer to a GET that *door* has in memory; None: go the whole way."""
        if door.at_once is None or len(query) > self._limits.query:
            return None
        began = self._clock.monotonic()
        try:
            response = door.at_once(arrival.prefix, path, headers.get("if-none-match"))
        except Exception:  # noqa: BLE001  # the whole way meets the same fault, and reports it
            return None
        return None if response is None else self._complete(door, "GET", arrival, response, began)

    def _complete(self, door: Door, method: str, arrival: Arrival, response: HotResponse, began: float) -> HotResponse:
        self._observer.observe(door.name, method, response.status, self._clock.monotonic() - began)
        always = _ALWAYS[door.cross_origin, arrival.scheme]
        headers = (*response.headers, ("x-request-id", arrival.request_id), *always)
        return HotResponse(response.status, headers, response.body)

    async def _through(self, door: Door, incoming: Incoming) -> HotResponse:
        method = "GET" if incoming.method == "HEAD" else incoming.method
        if method not in door.methods:
            return _other_method(door, method)
        if len(incoming.query) > self._limits.query:
            return oauth_error(414, "invalid_request", "the query is too long")
        for name in _SINGLE:
            if len(incoming.headers.get_all(name)) > 1:  # two readers of one request would choose differently
                return oauth_error(400, "invalid_request", "a header is repeated")
        body = b""
        if method in _WITH_BODY:
            read = await self._read(door, incoming)
            if isinstance(read, HotResponse):
                return read
            body = read
        arrival = incoming.arrival
        return await door.handle(
            HotRequest(
                method,
                incoming.path,
                incoming.query,
                incoming.headers,
                body,
                arrival.address,
                arrival.request_id,
                arrival.prefix,
            )
        )

    async def _read(self, door: Door, incoming: Incoming) -> bytes | HotResponse:
        length = incoming.headers.get("content-length")
        if length is not None and not _fits(length, door.max_body):
            return oauth_error(413, "invalid_request", "the body is too long", (("connection", "close"),))
        task = self._deadlines.begin()
        try:
            body = await incoming.read(door.max_body)
        except asyncio.CancelledError:
            if not self._deadlines.has_passed(task):
                raise
            return oauth_error(408, "invalid_request", "the body took too long", (("connection", "close"),))
        finally:
            self._deadlines.lift(task)
        if body is None:
            return oauth_error(413, "invalid_request", "the body is too long", (("connection", "close"),))
        return body


def _fits(length: str, limit: int) -> bool:
    return length.isascii() and length.isdigit() and len(length) < 16 and int(length) <= limit


def _other_method(door: Door, method: str) -> HotResponse:
    allow = ", ".join((*door.methods, *(("HEAD",) if "GET" in door.methods else ()), "OPTIONS"))
    if method != "OPTIONS":
        return oauth_error(405, "invalid_request", "the method is not allowed here", (("allow", allow),))
    preflight = (("access-control-allow-methods", allow), *_PREFLIGHT) if door.cross_origin else ()
    return HotResponse(204, (("allow", allow), *preflight))
