"""The one object that servers call: ``__rsgi__`` for granian, ``__call__`` for any ASGI host."""

import asyncio
from contextlib import AsyncExitStack

import structlog

from limen.app.server import asgi, rsgi
from limen.app.server.hot import HotPath
from limen.app.server.records import Parts
from limen.integration.edge.arrival import Arrival, Incoming
from limen.integration.edge.asgi import Receive, Scope, Send


class App:
    """Hot doors first, then pages that are found at once, then everything else by the framework.

    Both ways in give the same answers. An ASGI host must leave forwarded headers alone (uvicorn:
    ``--no-proxy-headers``): whom to believe is decided here. The lifespan is run by whoever serves: ASGI's lifespan
    messages, granian's ``__rsgi_init__`` and ``__rsgi_del__`` in a worker process, or
    :func:`limen.app.server.serving.serve_here` in our own loop.
    """

    def __init__(self, parts: Parts) -> None:
        """Join *parts*."""
        self._parts = parts
        self._doors, self._tenants, self._arrivals = parts.doors, parts.tenants, parts.arrivals
        self._hot = HotPath(parts)
        self._lifespan: AsyncExitStack | None = None
        self.in_flight = 0
        """Requests begun and not yet answered."""

    async def startup(self) -> None:
        """Enter the lifespan, once."""
        if self._lifespan is None:
            stack = AsyncExitStack()
            await stack.enter_async_context(self._parts.lifespan())
            self._lifespan = stack

    async def shutdown(self) -> None:
        """Leave the lifespan, once."""
        lifespan, self._lifespan = self._lifespan, None
        if lifespan is not None:
            await lifespan.aclose()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Enter the lifespan in a worker process, before its loop runs; in our own loop ``serve`` has done so."""
        if not loop.is_running():
            loop.run_until_complete(self.startup())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Leave the lifespan in a worker process, after its last request."""
        if not loop.is_running():
            loop.run_until_complete(self.shutdown())

    async def __rsgi__(self, scope: rsgi.RsgiScope, protocol: rsgi.RsgiProtocol) -> None:
        """Answer one request over RSGI."""
        self.in_flight += 1
        try:
            path = scope.path
            prefix, rest = self._tenants.resolve(path) or ("", path)
            headers = scope.headers
            arrivals = self._arrivals
            arrival = arrivals.of(rsgi.host_of(scope.client), scope.scheme, prefix, headers)
            door = self._doors(prefix, rest)
            method, query = scope.method, scope.query_string
            response = None
            if door is not None and method == "GET":
                response = self._hot.at_once(door, rest, query, headers, arrival)
            if response is None:
                read = rsgi.reader(protocol, headers)
                visible = arrivals.visible(headers, arrival)
                incoming = Incoming(method, rest, query, visible, arrival, read)
                if door is not None:
                    response = await self._hot.answer(door, incoming)
                else:
                    passage = self._parts.passage()
                    response = await passage.answer(incoming, headers.items()) if passage is not None else None
            if response is None:
                await rsgi.serve_asgi(self._parts.pages, self._paged(rsgi.asgi_scope(scope), arrival), protocol)
            else:
                rsgi.respond(protocol, method, response)
        finally:
            self.in_flight -= 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request over ASGI, or run the lifespan; there are no WebSockets here."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            self.in_flight += 1
            try:
                await self._answer(scope, receive, send)
            finally:
                self.in_flight -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        prefix, rest = self._parts.tenants.resolve(path) or ("", path)
        headers = asgi.AsgiHeaders(scope["headers"])
        arrivals = self._parts.arrivals
        peer = scope.get("client") or ("", 0)
        arrival = arrivals.of(peer[0], scope["scheme"], prefix, headers)
        door = self._parts.doors(prefix, rest)
        query = scope["query_string"].decode("utf-8", "replace")
        visible = arrivals.visible(headers, arrival)
        incoming = Incoming(scope["method"], rest, query, visible, arrival, asgi.reader(receive))
        if door is not None:
            await asgi.respond(send, scope["method"], await self._hot.answer(door, incoming))
            return
        passage = self._parts.passage()
        response = await passage.answer(incoming, headers.items()) if passage is not None else None
        if response is None:
            await self._parts.pages(self._paged(scope, arrival), receive, send)
        else:
            await asgi.respond(send, scope["method"], response)

    def _paged(self, scope: Scope, arrival: Arrival) -> Scope:
        """Return the scope that pages see: the tenant's prefix is the root path, a proxy's claims are settled."""
        return {
            **scope,
            "headers": self._parts.arrivals.visible_pairs(scope["headers"], arrival),
            "client": (arrival.address, 0),
            "scheme": arrival.scheme,
            # A tenant's bare prefix is its start page: a router finds "/" only if the path says so.
            "path": scope["path"] + "/" if scope["path"] == arrival.prefix else scope["path"],
            "root_path": arrival.prefix,
            "state": {**scope.get("state", {}), "arrival": arrival},
        }

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.startup()
        except Exception as fault:  # noqa: BLE001  # whatever it is, we do not start
            structlog.get_logger("limen.server").exception("server.start_failed", fault=type(fault).__name__)
            await send({"type": "lifespan.startup.failed", "message": "see the log"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.shutdown()
        await send({"type": "lifespan.shutdown.complete"})
