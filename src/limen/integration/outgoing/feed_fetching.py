"""Bringing what a feed's location holds: one answer, or the pages of a collection. Some want to know who asks."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from limen.access.outgoing import Outgoing, Wanted
from limen.kernel.clock import MINUTE, Clock
from limen.kernel.errors import Misconfigured, Refusal, Unavailable
from limen.kernel.secret import Secret
from limen.trust.threats.feeds import Feed
from limen.trust.threats.records import BadFeed
from limen.trust.threats.taxii import ACCEPT, MEDIA_TYPE, Pages, page_url

_log = structlog.get_logger("limen.threats")
_WANTED: Final = Wanted(
    "address-feed",
    ("text/plain", "text/csv", "application/json", "application/stix+json", "application/octet-stream"),
    max_bytes=67_108_864,
    seconds=60.0,
    usual=60,
    longest=60,
)
_PAGE: Final = replace(_WANTED, media_types=(MEDIA_TYPE,), max_bytes=16_777_216, headers=(("accept", ACCEPT),))
_ALL_PAGES: Final = 2 * MINUTE


def read_credentials(text: str) -> dict[str, Secret]:
    """Return who asks, by feed: a line each, ``NAME`` and the value of the ``Authorization`` header; ``#`` remarks.

    Raises:
        Misconfigured: a line is neither; it is named by its number.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, _, value = line.strip().partition(" ")
        if not value.strip() or not value.isascii() or not value.isprintable():
            raise Misconfigured(f"line {number} of the feeds' credentials is none", "NAME Basic dXNlcjpwYXNzd29yZA==")
        found[name] = Secret(value.strip())
    return found


@dataclass(frozen=True, slots=True)
class Fetching:
    """Fetches feeds by the one way out. ``credentials`` is read anew each time, so that they can be replaced."""

    outgoing: Outgoing
    clock: Clock
    credentials: Path | None = None

    async def __call__(self, feed: Feed) -> bytes | Refusal:
        """Return what *feed* holds.

        Raises:
            BadFeed: a page of it is none, or who asks cannot be said.
        """
        known = await self._known()
        secret = known.get(feed.name)
        headers = (("authorization", secret.reveal()),) if secret is not None else ()
        if feed.format == "taxii":
            return await self._collection(feed, replace(_PAGE, headers=(*_PAGE.headers, *headers)))
        return await self._ask(feed.location, replace(_WANTED, headers=headers))

    async def _collection(self, feed: Feed, wanted: Wanted) -> bytes | Refusal:
        pages, after, until = Pages(), "", self.clock.now() + _ALL_PAGES
        while self.clock.now() < until:
            body = await self._ask(page_url(feed.location, after), wanted)
            if isinstance(body, Refusal):
                return body
            after = await asyncio.to_thread(pages.take, body)
            if not after:
                return await asyncio.to_thread(pages.bundle)
        return Unavailable("outgoing_unreachable", "too many pages in the time there is")

    async def _ask(self, url: str, wanted: Wanted) -> bytes | Refusal:
        answer = await self.outgoing.fetch(url, wanted, newer_than=self.clock.now())
        return answer if isinstance(answer, Refusal) else answer.body

    async def _known(self) -> dict[str, Secret]:
        if self.credentials is None:
            return {}
        try:
            return read_credentials(await asyncio.to_thread(self.credentials.read_text))
        except (OSError, UnicodeDecodeError) as error:
            raise BadFeed(f"its credentials cannot be read ({type(error).__name__})") from None
        except Misconfigured as error:
            raise BadFeed(str(error)) from None
