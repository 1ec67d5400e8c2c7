"""Limits on size and shape: refused before any page or API works on it."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Final

from starlette.exceptions import HTTPException

from limen.integration.edge.arrival import Incoming
from limen.integration.edge.asgi import AsgiApp, Message, Receive, Scope, Send, raw_header
from limen.integration.edge.refusals import RefusalPages, no_pages, refusal

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Control characters and backslashes in a path are for confusing whoever compares or prints it; a dot segment too.
_BAD_PATH: Final = re.compile(r"[\x00-\x1f\x7f\\]|(?:^|/)\.\.?(?:/|$)|\A//")
_DIGITS: Final = 12
_SINGLE: Final = (b"host", b"content-type", b"content-length", b"authorization", b"origin")


@dataclass(frozen=True, slots=True)
class ShapeLimits:
    """How much a request for a page or an API may be.

    Attributes:
        path: characters, decoded.
        query: bytes.
        headers: how many.
        header_bytes: names and values together.
        body: bytes.
        body_seconds: in which the body must have come, as at the hot doors.
    """

    path: int = 2_048
    query: int = 8_192
    headers: int = 64
    header_bytes: int = 32_768
    body: int = 1_048_576
    body_seconds: float = 20.0

    def fit(self, request: Incoming, headers: Iterable[tuple[str, str]]) -> bool:
        """Tell whether nothing of *request* with all its *headers* is out of shape; what is, is refused elsewhere."""
        pairs, path = list(headers), request.arrival.prefix + request.path
        if len(path) > self.path or len(request.query) > self.query or _BAD_PATH.search(path):
            return False
        names = [name for name, _ in pairs]
        if len(names) > self.headers or len(set(names)) < len(names):
            return False
        length = request.headers.get("content-length") or ""
        if length and not (
            length.isascii() and length.isdigit() and len(length) <= _DIGITS and int(length) <= self.body
        ):
            return False
        return request.method in _METHODS and sum(map(len, chain.from_iterable(pairs))) <= self.header_bytes


class ShapeLimiter:
    """Middleware that refuses what is out of shape: 400, 413, 414, 431 or 501."""

    def __init__(self, app: AsgiApp, limits: ShapeLimits | None = None, pages: RefusalPages = no_pages) -> None:
        """Guard *app*; people are answered with one of *pages*."""
        self._app = app
        self._pages = pages
        self._limits = limits or ShapeLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with a counted body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is not None:
            await refusal(*refused, pages=self._pages)(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        if scope["method"] not in _METHODS:
            return 501, "not_implemented"  # RFC 9110 §9.1: a method that nobody here knows
        if len(scope["path"]) > self._limits.path or len(scope["query_string"]) > self._limits.query:
            return 414, "uri_too_long"
        if _BAD_PATH.search(scope["path"]):
            return 400, "malformed_path"
        return self._refused_headers(scope) or self._refused_length(raw_header(scope, b"content-length"))

    def _refused_headers(self, scope: Scope) -> tuple[int, str] | None:
        headers = scope["headers"]
        size = sum([len(name) + len(value) for name, value in headers])
        if len(headers) > self._limits.headers or size > self._limits.header_bytes:
            return 431, "headers_too_large"
        names = [name for name, _ in headers]
        if len(set(names)) < len(names) and any(names.count(name) > 1 for name in _SINGLE):
            return 400, "repeated_header"
        return None

    def _refused_length(self, length: str) -> tuple[int, str] | None:
        if length and not (length.isascii() and length.isdigit()):
            return 400, "malformed_length"
        if length and (len(length) > _DIGITS or int(length) > self._limits.body):
            return 413, "body_too_large"
        return None

    def _counted(self, receive: Receive) -> Receive:
        taken = 0
        deadline: float | None = None
        is_whole = False

        async def counted() -> Message:
            nonlocal taken, deadline, is_whole
            if is_whole:  # what is waited for now is the end of the connection
                return await receive()
            loop = asyncio.get_running_loop()
            deadline = deadline or loop.time() + self._limits.body_seconds
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, "body_too_slow", {"connection": "close"}) from None
            is_whole = not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > self._limits.body:
                # Starlette's own exception, so that the application's handler renders it in its interface's shape.
                raise HTTPException(413, "body_too_large")
            return message

        return counted
