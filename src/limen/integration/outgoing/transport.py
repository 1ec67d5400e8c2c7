"""One request on one connection: no redirects, no cookies, no proxy, no compression, an end in bytes and in time.

httpcore has none of the conveniences that would have to be switched off. It follows nothing, reads no environment and
decodes nothing; a body that says it is compressed is refused, so that no small answer becomes a large one.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpcore2

from limen.integration.outgoing.network import PinnedNetwork
from limen.integration.outgoing.target import Target

_AGENT: Final = b"limen"
HeaderPairs = Sequence[tuple[bytes, bytes]]


class TooLong(Exception):
    """The body is longer than was allowed."""


class Encoded(Exception):
    """The body is compressed, which was not asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its status, headers by lower-case name (the first of each), and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Transport:
    """Sends single requests through a :class:`PinnedNetwork`."""

    def __init__(self, network: PinnedNetwork, tls: ssl.SSLContext) -> None:
        """Verify certificates with *tls*."""
        self._network = network
        self._tls = tls

    async def send(self, target: Target, method: str, headers: HeaderPairs, body: bytes, max_bytes: int) -> Answer:
        """Send a request and return its answer.

        Raises:
            TooLong: the body has more than *max_bytes*.
            Encoded: the body is compressed.
        """
        url = httpcore2.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
        )
        own = [
            (b"host", target.authority.encode()),
            (b"user-agent", _AGENT),
            (b"accept-encoding", b"identity"),
            (b"connection", b"close"),
        ]
        if method == "POST":
            own.append((b"content-length", str(len(body)).encode()))
        origin = httpcore2.Origin(url.scheme, url.host, target.port)
        async with httpcore2.AsyncHTTPConnection(
            origin, ssl_context=self._tls, network_backend=self._network
        ) as connection:
            request = httpcore2.Request(method, url, headers=[*own, *headers], content=body)
            response = await connection.handle_async_request(request)
            try:
                return await _read(response, max_bytes)
            finally:
                await response.aclose()


async def _read(response: httpcore2.Response, max_bytes: int) -> Answer:
    headers: dict[str, str] = {}
    for name, value in response.headers:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise Encoded
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > max_bytes:
        raise TooLong
    taken = bytearray()
    async for chunk in response.aiter_stream():
        taken += chunk
        if len(taken) > max_bytes:
            raise TooLong
    return Answer(response.status, headers, bytes(taken))
