"""Granian's side: reading and answering over RSGI, and the adapter that lets an ASGI application be served over it.

The types are protocols of the few members we use, so that tests need no server. RSGI 1.x: the scope's path is
percent-decoded and there is no raw one; header names are lower case; ``protocol()`` reads the whole body and iteration
reads chunks.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Final, Protocol

import structlog

from limen.access.http import HotResponse
from limen.integration.edge.asgi import AsgiApp, Message, Scope

_BODILESS: Final = frozenset({204, 304})
Pairs = Sequence[tuple[str, str]]


class RsgiHeaders(Protocol):
    """Request headers as granian gives them."""

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return the first value."""
        ...

    def get_all(self, key: str) -> Sequence[str]:
        """Return all values."""
        ...

    def items(self) -> Iterable[tuple[str, str]]:
        """Return all pairs, repeated names included."""
        ...


class RsgiScope(Protocol):
    """One request's head."""

    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None

    @property
    def headers(self) -> RsgiHeaders:
        """Return the headers."""
        ...


class RsgiTransport(Protocol):
    """A streamed answer."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a part."""
        ...


class RsgiProtocol(Protocol):
    """One request's body and answer."""

    def __call__(self) -> Awaitable[bytes]:
        """Read the whole body."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Read the body in chunks."""
        ...

    async def client_disconnect(self) -> None:
        """Return when the client has gone."""
        ...

    def response_empty(self, status: int, headers: Pairs) -> None:
        """Answer without a body."""
        ...

    def response_bytes(self, status: int, headers: Pairs, body: bytes) -> None:
        """Answer with a whole body."""
        ...

    def response_stream(self, status: int, headers: Pairs) -> RsgiTransport:
        """Answer with a body in parts."""
        ...


def reader(protocol: RsgiProtocol, headers: RsgiHeaders) -> Callable[[int], Awaitable[bytes | None]]:
    """Return what reads the body of *protocol* up to a limit."""

    async def read(limit: int) -> bytes | None:
        try:
            if (
                headers.get("content-length") is not None
            ):  # compared with the limit already; the server holds them to it
                return await protocol()
            body = bytearray()
            async for chunk in protocol:
                body += chunk
                if len(body) > limit:
                    return None
            return bytes(body)
        except RuntimeError as error:  # what granian raises when the client has gone
            raise ConnectionResetError from error

    return read


def respond(protocol: RsgiProtocol, method: str, response: HotResponse) -> None:
    """Send a hot *response*."""
    if method == "HEAD":
        length = ("content-length", str(len(response.body)))
        protocol.response_empty(response.status, (*response.headers, length))
    elif response.status in _BODILESS:
        protocol.response_empty(response.status, response.headers)
    else:
        protocol.response_bytes(response.status, response.headers, response.body)


def host_of(text: str) -> str:
    """Return the host of ``host:port`` or ``[v6]:port``."""
    host, _, port = text.rpartition(":")
    return (host if host[:1] != "[" else host[1:-1]) if port.isdigit() else text


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of ``host:port`` or ``[v6]:port``; port 0 where there is none."""
    host, _, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if port.isdigit() else (text, 0)


def asgi_scope(scope: RsgiScope) -> Scope:
    """Return the ASGI 3 HTTP scope of an RSGI *scope*."""
    headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in scope.headers.items()]
    if scope.authority and scope.headers.get("host") is None:  # HTTP/2 (RFC 9113 §8.3.1)
        headers.append((b"host", scope.authority.encode("latin-1", "replace")))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": scope.http_version,
        "method": scope.method,
        "scheme": scope.scheme,
        "path": scope.path,
        "query_string": scope.query_string.encode("utf-8", "replace"),
        "root_path": "",
        "headers": headers,
        "client": split_address(scope.client),
        "server": split_address(scope.server),
        "state": {},
    }


async def serve_asgi(app: AsgiApp, scope: Scope, protocol: RsgiProtocol) -> None:
    """Run *app* for one request over *protocol*; a fault of its becomes a bare 500 if nothing was sent."""
    is_measured = any(name == b"content-length" for name, _ in scope["headers"])
    exchange = _Exchange(scope["method"], protocol, is_measured=is_measured)
    try:
        await app(scope, exchange.receive, exchange.send)
    except Exception as fault:  # noqa: BLE001  # the last catch before the wire
        arrival = scope["state"].get("arrival")
        structlog.get_logger("limen.server").exception(
            "http.fault", request_id=getattr(arrival, "request_id", ""), fault=type(fault).__name__
        )
    if not exchange.is_answered:
        protocol.response_bytes(500, (("content-type", "text/plain"),), b"Internal Server Error")


class _Exchange:
    """The ASGI ``receive`` and ``send`` of one request.

    A body whose length *is measured* is read at once: the edge has compared that length before it asks for the body.
    """

    def __init__(self, method: str, protocol: RsgiProtocol, *, is_measured: bool) -> None:
        self._method = method
        self._protocol = protocol
        self._is_measured = is_measured
        # not anext(): cancelled, its wrapper asks granian's for a throw()
        self._read: Callable[[], Awaitable[bytes]] | None = protocol if is_measured else aiter(protocol).__anext__
        self._status = 0
        self._headers: list[tuple[str, str]] = []
        self._transport: RsgiTransport | None = None
        self.is_answered = False

    async def receive(self) -> Message:
        if self._read is None:
            await self._protocol.client_disconnect()
            return {"type": "http.disconnect"}
        try:
            chunk = await self._read()
        except StopAsyncIteration:
            chunk = b""
        except RuntimeError:  # the client has gone
            self._read = None
            return {"type": "http.disconnect"}
        if not chunk or self._is_measured:
            self._read = None
        return {"type": "http.request", "body": chunk, "more_body": self._read is not None}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
        elif message["type"] == "http.response.body":
            try:
                await self._send_body(message.get("body", b""), is_last=not message.get("more_body", False))
            except RuntimeError as error:
                raise OSError from error  # ASGI 2.4: what a send to a client that has gone raises

    async def _send_body(self, body: bytes, *, is_last: bool) -> None:
        if self._transport is not None:
            if body:
                await self._transport.send_bytes(body)
        elif self.is_answered:
            return  # the answer to a HEAD has been sent; its body is not wanted
        elif self._method == "HEAD" or self._status in _BODILESS:
            self._protocol.response_empty(self._status, self._headers)
        elif is_last:
            self._protocol.response_bytes(self._status, self._headers, body)
        else:
            self._transport = self._protocol.response_stream(self._status, self._headers)
            self.is_answered = True
            if body:
                await self._transport.send_bytes(body)
        self.is_answered = True
