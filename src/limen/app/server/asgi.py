"""The ASGI side of the hot doors: headers, reading, answering."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from limen.access.http import HotResponse
from limen.integration.edge.asgi import Receive, Send

_BODILESS: Final = frozenset({204, 304})


class AsgiHeaders:
    """Request headers over the pairs of an ASGI scope (lower-case names)."""

    __slots__ = ("_first", "_pairs")

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """Look into *pairs*."""
        self._pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]
        self._first = dict(reversed(self._pairs))

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return the first value of *key*, or *default*."""
        return self._first.get(key, default)

    def get_all(self, key: str) -> list[str]:
        """Return every value of *key*."""
        return [value for name, value in self._pairs if name == key]

    def items(self) -> list[tuple[str, str]]:
        """Return all pairs, repeated names included."""
        return self._pairs


def reader(receive: Receive) -> Callable[[int], Awaitable[bytes | None]]:
    """Return what reads the body from *receive* up to a limit."""

    async def read(limit: int) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError
            body += message.get("body", b"")
            if len(body) > limit:
                return None
            if not message.get("more_body", False):
                return bytes(body)

    return read


async def respond(send: Send, method: str, response: HotResponse) -> None:
    """Send a hot *response*."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.status not in _BODILESS:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if method == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})
