"""A collection of a TAXII 2.1 server, page by page (OASIS TAXII 2.1 §3.4, §5.4): what is asked, and what is kept.

The whole collection is read each time, and of it the indicators alone are asked for and kept: as a STIX bundle, so that
what lies on the disk is read like any other.
"""

from typing import Final
from urllib.parse import quote

import msgspec

from limen.trust.threats.records import BadFeed
from limen.trust.threats.stix import named

MEDIA_TYPE: Final = "application/taxii+json"
ACCEPT: Final = f"{MEDIA_TYPE};version=2.1"
PAGES: Final = 1_000
MOST_BYTES: Final = 67_108_864
_LIMIT: Final = 1_000


class Envelope(msgspec.Struct, frozen=True):
    """A page of objects; ``next`` asks for what comes after it."""

    more: bool = False
    next: str = ""
    objects: list[msgspec.Raw] = []


_envelopes: Final = msgspec.json.Decoder(Envelope)


def page_url(collection: str, after: str) -> str:
    """Return where a page of *collection*, by its URL, is found: the first, or what comes *after*."""
    url = f"{collection.rstrip('/')}/objects/?match%5Btype%5D=indicator&limit={_LIMIT}"
    return f"{url}&next={quote(after, safe='')}" if after else url


class Pages:
    """The pages of one collection, as they come."""

    def __init__(self) -> None:
        """Hold none."""
        self._objects: list[bytes] = []
        self._pages = self._bytes = 0

    def take(self, body: bytes) -> str:
        """Keep the indicators of a page; return what the next is asked by, empty where there is none.

        Raises:
            BadFeed: it is no page, or there is no end of them.
        """
        self._pages += 1
        try:
            page = _envelopes.decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadFeed(f"page {self._pages}: it is no TAXII envelope ({error})") from None
        for index, raw in enumerate(page.objects):
            if named(raw, f"page {self._pages}, object {index}").type == "indicator":
                self._objects.append(bytes(raw))
                self._bytes += len(self._objects[-1])
        if self._bytes > MOST_BYTES or (page.more and self._pages >= PAGES):
            raise BadFeed(f"page {self._pages}: there is no end of them")
        if page.more and not page.next:
            raise BadFeed(f"page {self._pages}: it says that there is more, and not how to ask for it")
        return page.next if page.more else ""

    def bundle(self) -> bytes:
        """Return all that was kept, an object a line."""
        return b'{"type":"bundle","objects":[\n' + b",\n".join(self._objects) + b"\n]}\n"
