"""Finding a page without trying one pattern after the other.

Most pages lie at a path of their own, or at one name below it. Those are looked up; for everything else, methods that a
page does not answer included, the framework goes through its list.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

Failed = Callable[[Request, Exception], Awaitable[Response]]


class Finder:
    """An ASGI application that answers what it finds at once, and leaves the rest to *behind*."""

    def __init__(self, behind: Starlette, routes: Sequence[Route], failed: Failed) -> None:
        """Look *routes* up, all of them *behind* too; *failed* answers what is raised as an HTTP status."""
        self._behind, self._failed = behind, failed
        self._at: dict[str, Route] = {}
        self._below: dict[str, tuple[Route, str]] = {}
        for route in routes:
            above, _, last = route.path.rpartition("/")
            if not route.param_convertors:
                self._at[route.path] = route
            elif "{" not in above and route.param_convertors.keys() == {last[1:-1]}:
                self._below[above] = (route, last[1:-1])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page at the path of *scope*."""
        found = self._find(scope["path"][len(scope.get("root_path", "")) :]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in (found[0].methods or ()):
            await self._behind(scope, receive, send)
            return
        route, scope["path_params"] = found
        scope["route"], scope["endpoint"] = route, route.endpoint
        response = await self._answer(route.endpoint, Request(scope, receive, send))
        await response(scope, receive, send)

    def _find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        route = self._at.get(path)
        if route is not None:
            return route, {}
        above, _, last = path.rpartition("/")
        below = self._below.get(above) if last else None
        return (below[0], {below[1]: last}) if below is not None else None

    async def _answer(self, endpoint: Any, request: Request) -> Response:
        try:
            response: Response = await endpoint(request)
        except HTTPException as error:
            response = await self._failed(request, error)
        return response
