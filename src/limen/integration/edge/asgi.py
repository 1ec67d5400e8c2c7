"""The few ASGI shapes that the edge's middleware and the server share."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]


def raw_header(scope: Scope, name: bytes) -> str:
    """Return the first value of the header *name* (lower case), or nothing."""
    for found, value in scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return ""


def add_missing(headers: RawHeaders, wanted: RawHeaders) -> None:
    """Add those of *wanted* to *headers* that the answer does not bring itself."""
    present = {name.lower() for name, _ in headers}
    headers.extend([pair for pair in wanted if pair[0] not in present])
