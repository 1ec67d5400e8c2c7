"""The API as an ASGI application that is built when it is first called.

FastAPI, Pydantic and our models take some 20 MB, which a server that nobody administers just now need not hold.
"""

import asyncio

from limen.integration.api.parts import ApiParts
from limen.integration.edge.asgi import AsgiApp, Message, Receive, Scope, Send


def create_api(parts: ApiParts) -> AsgiApp:
    """Return the API; it answers every path that begins with ``PREFIX``, and expects the edge before it."""
    return _LazyApi(parts)


class _LazyApi:
    def __init__(self, parts: ApiParts) -> None:
        self._parts = parts
        self._building = asyncio.Lock()
        self._app: AsgiApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app or await self._build()
        if scope["method"] != "HEAD":
            await app(scope, receive, send)
            return

        async def bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await app({**scope, "method": "GET"}, receive, bodiless)  # RFC 9110 §9.3.2

    async def _build(self) -> AsgiApp:
        async with self._building:
            if self._app is None:
                # On a thread: the import takes the better part of a second, and others are being served meanwhile.
                self._app = await asyncio.to_thread(_assembled, self._parts)
        return self._app


def _assembled(parts: ApiParts) -> AsgiApp:
    from limen.integration.api.assembly import assemble  # noqa: PLC0415 - see the module's docstring

    return assemble(parts)
