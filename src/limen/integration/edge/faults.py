"""Where a fault of a page or an API ends: logged once with its request, answered without detail.

Starlette answers a fault and raises it again for the server to log; a server would log its message, which may quote a
value.
"""

from typing import Any

import structlog

from limen.integration.edge.asgi import AsgiApp, Message, Receive, Scope, Send
from limen.integration.edge.refusals import RefusalPages, no_pages, refusal
from limen.kernel.errors import Outage


class FaultBarrier:
    """Middleware that lets no exception through."""

    def __init__(self, app: AsgiApp, log: Any = None, pages: RefusalPages = no_pages) -> None:
        """Guard *app*; people are answered with one of *pages*."""
        self._app = app
        self._pages = pages
        self._log = log or structlog.get_logger("limen.edge")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; answer 500, or 503 for an outage, if nothing was answered when it came."""
        is_begun = False

        async def watched(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Outage as away:
            self._log.warning("http.outage", request_id=_request_id(scope), what=str(away))
            if not is_begun:
                headers = [(b"retry-after", str(away.retry_after).encode())]
                await refusal(503, away.code, headers, pages=self._pages)(scope, receive, send)
        except Exception as fault:  # noqa: BLE001  # the last catch before the wire
            self._log.exception("http.fault", request_id=_request_id(scope), fault=type(fault).__name__)
            if not is_begun:
                await refusal(500, "server_error", pages=self._pages)(scope, receive, send)


def _request_id(scope: Scope) -> str:
    arrival = scope.get("state", {}).get("arrival")
    return arrival.request_id if arrival is not None else ""
