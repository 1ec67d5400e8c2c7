"""What the server is given by the composition root, and what it makes of a request before a door sees it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from limen.access.http import Door
from limen.integration.edge.arrival import Arrivals
from limen.integration.edge.asgi import AsgiApp
from limen.integration.edge.metrics import Observer
from limen.integration.edge.passage import Passage
from limen.kernel.clock import Clock

Doors = Callable[[str, str], Door | None]
"""Find the hot door at (tenant prefix, path below it)."""


class TenantRouter(Protocol):
    """Knows which tenant a path belongs to, from memory: it is asked on every request."""

    def resolve(self, path: str) -> tuple[str, str] | None:
        """Return (prefix, rest) of *path*: ``("/t/acme", "/token")``; None where no tenant of ours is named."""
        ...


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What is refused before a door sees it.

    Attributes:
        query: characters; longer gets 414.
        body_seconds: how long a body may take to arrive; then 408.
    """

    query: int = 8_192
    body_seconds: float = 20.0


@asynccontextmanager
async def no_lifespan() -> AsyncIterator[None]:
    """Do nothing at start and stop."""
    yield


@dataclass(frozen=True, slots=True)
class Parts:
    """All that the server joins.

    Attributes:
        pages: the ASGI application for everything that is no hot door; its own lifespan is not run.
        passage: the way of pages that are found at once; None where nothing is served.
        doors: the table of hot doors.
        tenants: tenant resolution; what resolves to no tenant goes to *pages* at the root, which know no ``/t/``.
        arrivals: establishes address, scheme and request id.
        observer: told of each hot answer (pages have their own middleware).
        clock: measures durations.
        lifespan: entered before the first request, left after the last.
        limits: size and time.
    """

    pages: AsgiApp
    doors: Doors
    tenants: TenantRouter
    arrivals: Arrivals
    observer: Observer
    clock: Clock
    lifespan: Callable[[], AbstractAsyncContextManager[None]] = no_lifespan
    limits: ServerLimits = ServerLimits()
    passage: Callable[[], Passage | None] = lambda: None
