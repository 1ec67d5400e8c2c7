"""One line and one measurement for each answer.

The line names the route's template and never the path, which may hold identifiers; no address, query, body or user
agent.
"""

from typing import Any

import structlog
from starlette.routing import Mount

from limen.integration.edge.arrival import Arrival
from limen.integration.edge.asgi import AsgiApp, Message, Receive, Scope, Send
from limen.integration.edge.metrics import Observer
from limen.kernel.clock import Clock

UNMATCHED = "unmatched"
"""The label of what no route answers: paths that strangers try must not become labels."""


class AccessLog:
    """Middleware that logs ``http.request`` and tells the observer."""

    def __init__(self, app: AsgiApp, observer: Observer, clock: Clock, log: Any = None) -> None:
        """Watch *app*."""
        self._app = app
        self._observer = observer
        self._clock = clock
        self._log = (log or structlog.get_logger("limen.access")).bind()  # once: unbound it is made for each line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note the answer, also where the application faults."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._note(scope, status, self._clock.monotonic() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_template(scope)
        arrival = scope.get("state", {}).get("arrival")
        note(self._observer, self._log, (route, scope["method"], status, seconds), arrival)


def note(observer: Observer, log: Any, answer: tuple[str, str, int, float], arrival: Arrival | None) -> None:
    """Measure and log an *answer*: route, method, status, seconds."""
    route, method, status, seconds = answer
    observer.observe(route, method, status, seconds)
    log.info(
        "http.request",
        request_id=arrival.request_id if arrival is not None else "",
        method=method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 2),
    )


def route_template(scope: Scope) -> str:
    """Return the template of the route that answered (``/api/v1/clients/{client_id}``), without the tenant's prefix."""
    route = scope.get("route")
    template = getattr(route, "path", None)
    if not isinstance(template, str):
        return UNMATCHED
    if isinstance(route, Mount):
        return template
    arrival = scope.get("state", {}).get("arrival")
    mounted: str = scope.get("root_path", "")[len(arrival.prefix) if arrival is not None else 0 :]
    return mounted + template
