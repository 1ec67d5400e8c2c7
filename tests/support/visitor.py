"""A person with a browser without script, over real HTTP, at a running demonstration."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx2

from tests.support.waiting import PATIENCE
from tests.support.walker import SAFARI, Walker

_ROW = re.compile(r'<a class="row" href="(/dev/mailbox/[^"/]+)">(.*?)</a>', re.DOTALL)
_BODY = re.compile(r'<div class="letterbody"[^>]*>(.*?)</div>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


class Visitor(Walker):
    """Whoever walks through a house that runs, and reads the demonstration's mailbox."""

    def let_a_moment_pass(self) -> None:
        """Do nothing: time passes by itself."""

    async def mails(self, address: str) -> list[Any]:
        """The messages to *address*, oldest first."""
        async with asyncio.timeout(PATIENCE):
            while True:  # they come by way of the outbox
                listed = await self.http.get("/dev/mailbox")
                paths = [path for path, row in _ROW.findall(listed.text) if address in row]
                if paths:
                    return [await self._message(path) for path in reversed(paths)]
                await asyncio.sleep(0.05)

    async def _message(self, path: str) -> Any:
        found = _BODY.search((await self.http.get(path)).text)
        assert found, path
        return SimpleNamespace(text=html.unescape(_TAG.sub("", found[1])))


@asynccontextmanager
async def visiting(url: str, prefix: str = "", kind: type[Visitor] = Visitor, **named: str) -> AsyncIterator[Any]:
    """Return a person, of this *kind*, with a fresh browser at *url*; it calls itself as is *named* in headers."""
    # a program that says it is one is asked for work when it signs up
    headers = {"user-agent": SAFARI, **{name.replace("_", "-"): value for name, value in named.items()}}
    async with httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE) as http:
        person = kind(None, http, prefix)
        person.house = person
        yield person
