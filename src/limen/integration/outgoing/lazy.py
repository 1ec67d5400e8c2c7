"""The way out, built when it is first needed: the HTTP library and the authorities' certificates take some 10 MB."""

import asyncio
from typing import TYPE_CHECKING

from limen.access.outgoing import Fetched, Notice, Outgoing, Wanted
from limen.integration.outgoing.metrics import Count
from limen.integration.outgoing.settings import OutgoingSettings
from limen.kernel.clock import Clock, Instant
from limen.kernel.errors import Refusal

if TYPE_CHECKING:
    from limen.integration.outgoing.client import OutgoingClient


class LazyOutgoing:
    """An :class:`limen.access.outgoing.Outgoing` that costs nothing until it is asked."""

    def __init__(self, settings: OutgoingSettings, clock: Clock, count: Count) -> None:
        """Note what is to be built."""
        self._settings, self._clock, self._count = settings, clock, count
        self._building = asyncio.Lock()
        self._built: Outgoing | None = None
        self._close = _nothing

    async def fetch(self, url: str, wanted: Wanted, *, newer_than: Instant = 0) -> Fetched | Refusal:
        """Return what is at *url*."""
        return await (self._built or await self._build()).fetch(url, wanted, newer_than=newer_than)

    async def post(self, url: str, notice: Notice) -> int | Refusal:
        """Post *notice* to *url*."""
        return await (self._built or await self._build()).post(url, notice)

    async def ask(self, url: str, notice: Notice) -> bytes | Refusal:
        """Post *notice* to *url* and return what is answered."""
        return await (self._built or await self._build()).ask(url, notice)

    async def aclose(self) -> None:
        """End what is under way."""
        await self._close()

    async def _build(self) -> Outgoing:
        async with self._building:
            if self._built is None:
                client_type = await asyncio.to_thread(_imported)
                client = client_type(self._settings, self._clock, self._count)
                self._built, self._close = client, client.aclose
            return self._built


async def _nothing() -> None:
    return None


def _imported() -> "type[OutgoingClient]":
    from limen.integration.outgoing.client import OutgoingClient  # noqa: PLC0415 - see the module's docstring

    return OutgoingClient
