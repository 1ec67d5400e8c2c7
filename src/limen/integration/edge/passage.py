"""The way of a page that is found at once through the edge: the same stations as :func:`~.stack.edge`, in one go.

A sign-in is a page and a form, each a small answer: handed from one middleware to the next, with its headers written as
bytes by the one and read by the other, it would cost as much at the edge as behind it. Whatever is out of shape, and
what is no page at a known path, takes the other way (:mod:`~.stack`): the same limits are asked, the same headers set.
"""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

import structlog
from starlette.exceptions import HTTPException

from limen.access.http import Find, HotResponse, Page, PageRequest
from limen.integration.edge.access_log import UNMATCHED, note
from limen.integration.edge.arrival import Incoming
from limen.integration.edge.asgi import AsgiApp, Message, Scope
from limen.integration.edge.deadlines import Deadlines
from limen.integration.edge.refusals import refusal
from limen.integration.edge.security_headers import ContentPolicy, Pairs, guarded
from limen.integration.edge.stack import EdgeParts
from limen.integration.edge.throttle import Rule, counted, limit_headers, rule_of
from limen.kernel.errors import Outage

Found = tuple[Page, Mapping[str, str]]
_HANDED_ON: Final = ("accept", "accept-language", "cookie")
"""The headers that a refusal's page looks at."""


class Passage:
    """Leads requests to pages, and their answers back."""

    def __init__(self, find: Find, parts: EdgeParts, logs: tuple[Any, Any] | None = None) -> None:
        """Let *find* find pages; *logs* are those of answers and of faults."""
        self._find, self._parts = find, parts
        access, faults = logs or (structlog.get_logger("limen.access"), structlog.get_logger("limen.edge"))
        self._access, self._faults = access.bind(), faults
        self._transport = parts.transport.render().decode() if parts.transport.max_age else ""
        self._rules: dict[tuple[str, str], Rule | None] = {}
        self._deadlines = Deadlines(parts.shape.body_seconds)

    def find(self, request: Incoming, headers: Iterable[tuple[str, str]]) -> Found | None:
        """Return the page of *request* with what its path names; None where there is none, or it is out of shape."""
        found = self._find(request.method, request.path)
        return found if found is not None and self._parts.shape.fit(request, headers) else None

    async def answer(self, request: Incoming, headers: Iterable[tuple[str, str]]) -> HotResponse | None:
        """Return the complete answer to *request* with all its *headers*; None where :meth:`find` finds no page.

        Never raises but on cancellation.
        """
        found = self.find(request, headers)
        if found is None:
            return None
        page, names = found
        parts, arrival = self._parts, request.arrival
        policy, began, status, route = ContentPolicy(parts.entropy), parts.clock.monotonic(), 500, page.path
        marks: Pairs = ()
        try:
            is_allowed, marks = await self._counted(page, request)
            if is_allowed:
                asked = (request.method, request.path, request.query, request.headers, arrival, policy, names)
                response = await page.handle(PageRequest(*asked, partial(self._body, request)))
            else:
                response = await self._refused(request, policy, 429, "too_many_requests", marks)
                route = UNMATCHED
            status = response.status
        except Exception as fault:  # noqa: BLE001  # the last catch before the wire
            response, marks = await self._failed(request, policy, fault), ()
            status = response.status
        finally:
            note(
                parts.observer, self._access, (route, request.method, status, parts.clock.monotonic() - began), arrival
            )
        return guarded(
            response, marks, policy, arrival.request_id, self._transport if arrival.scheme == "https" else ""
        )

    async def _failed(self, request: Incoming, policy: ContentPolicy, fault: Exception) -> HotResponse:
        """Return the answer where a page raised *fault*."""
        request_id = request.arrival.request_id
        if isinstance(fault, Outage):
            self._faults.warning("http.outage", request_id=request_id, what=str(fault))
            retry = (("retry-after", str(fault.retry_after)),)
            return await self._refused(request, policy, 503, fault.code, retry)
        self._faults.exception("http.fault", request_id=request_id, fault=type(fault).__name__)
        return await self._refused(request, policy, 500, "server_error")

    async def _counted(self, page: Page, request: Incoming) -> tuple[bool, Pairs]:
        """Count the request; tell whether it may go on, and what is said of how many more may."""
        which = request.method, page.path
        if which not in self._rules:  # a rule looks at how a path begins, which all paths of a page have in common
            found = rule_of(self._parts.rules, *which)
            self._rules[which] = None if found is None or found.limit.is_off else found
        rule = self._rules[which]
        if rule is None:
            return True, ()
        decision = await counted(self._parts.limiter, rule, request.arrival.address)
        return decision.allowed, limit_headers(rule.limit, decision)

    async def _body(self, request: Incoming) -> bytes:
        """Return the body in time and within limits; a page answers what it raises (``HTTPException``)."""
        deadlines = self._deadlines
        task = deadlines.begin()
        try:
            body = await request.read(self._parts.shape.body)
        except asyncio.CancelledError:
            if not deadlines.has_passed(task):
                raise
            raise HTTPException(408, "body_too_slow", {"connection": "close"}) from None
        finally:
            deadlines.lift(task)
        if body is None:
            raise HTTPException(413, "body_too_large")
        return body

    async def _refused(
        self,
        request: Incoming,
        policy: ContentPolicy,
        status: int,
        code: str,
        headers: Pairs = (),
    ) -> HotResponse:
        raw = [(name.encode(), value.encode()) for name, value in headers]
        return await _told(refusal(status, code, raw, self._parts.pages), _scope(request, policy))


def _scope(request: Incoming, policy: ContentPolicy) -> Scope:
    """Return what a refusal's page sees of *request*."""
    arrival, headers = request.arrival, request.headers
    sent = ((name, headers.get(name)) for name in _HANDED_ON)
    return {
        "type": "http",
        "method": request.method,
        "scheme": arrival.scheme,
        "path": arrival.prefix + request.path,
        "root_path": arrival.prefix,
        "query_string": request.query.encode(),
        "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in sent if value is not None],
        "state": {"arrival": arrival, "csp": policy},
    }


async def _told(app: AsgiApp, scope: Scope) -> HotResponse:
    """Return what *app* answers, which waits for nothing."""
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        told.append(message)

    await app(scope, receive, send)
    start, body = told
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    kept = tuple([pair for pair in headers if pair[0] != "content-length"])  # the server's own to say
    return HotResponse(start["status"], kept, body["body"])
