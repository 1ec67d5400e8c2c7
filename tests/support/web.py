"""All other servers, for a house: what they answer is said beforehand, and what was asked of them is noted."""

import json
from dataclasses import dataclass, field
from typing import Any

from limen.access.outgoing import Fetched, Notice, Wanted
from limen.kernel.clock import SECOND, Clock, Instant
from limen.kernel.errors import Refusal, Unavailable


@dataclass
class Web:
    """An :class:`limen.access.outgoing.Outgoing` without a network, and without a memory."""

    clock: Clock
    pages: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    posted: list[tuple[str, Notice]] = field(default_factory=list)

    def serve(self, url: str, content: Any, media_type: str = "application/json") -> None:
        """Answer *url* by *content*: bytes, or something to write as JSON."""
        self.pages[url] = (content if isinstance(content, bytes) else json.dumps(content).encode(), media_type)

    async def fetch(self, url: str, wanted: Wanted, *, newer_than: Instant = 0) -> Fetched | Refusal:
        self.asked.append(url)
        self.headers = dict(wanted.headers)
        page = self.pages.get(url)
        if page is None or page[1] not in wanted.media_types or len(page[0]) > wanted.max_bytes:
            return Unavailable("outgoing_unreachable", "no such page")
        now = self.clock.now()
        return Fetched(url, page[0], page[1], now, now + wanted.usual * SECOND)

    async def post(self, url: str, notice: Notice) -> int | Refusal:
        self.posted.append((url, notice))
        status = self.statuses.get(url, 204)
        return status if 200 <= status < 300 else Unavailable("outgoing_unreachable", str(status))

    async def ask(self, url: str, notice: Notice) -> bytes | Refusal:
        self.posted.append((url, notice))
        page = self.pages.get(url)
        return page[0] if page is not None else Unavailable("outgoing_unreachable", "no such page")
