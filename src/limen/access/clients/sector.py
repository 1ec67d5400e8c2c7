"""The sector of a client: the hosts among which a customer is known by one pairwise ``sub`` (OpenID Connect Core §8.1).

A client with redirect URIs on one host is a sector of its own. One with several registers ``sector_identifier_uri``: an
https document, an array of redirect URIs, that has to name all of the client's. So nobody joins a sector whose owner
does not say so.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from limen.access.clients.records import ClientDocument
from limen.access.outgoing import Outgoing, Wanted
from limen.kernel.errors import Invalid, Refusal

CODE: Final = "invalid_client_metadata"
_WANTED: Final = Wanted("sector-identifier", ("application/json",))
_array = msgspec.json.Decoder(list[str])


def hosts_of(uris: Iterable[str]) -> frozenset[str]:
    """Return the hosts of *uris*; of a private-use scheme (RFC 8252 §7.1), the scheme."""
    parts = map(urlsplit, uris)
    return frozenset(part.hostname or f"{part.scheme}:" for part in parts)


async def check_sector(
    outgoing: Outgoing, document: ClientDocument, before: ClientDocument | None = None
) -> Invalid | None:
    """Ask ``sector_identifier_uri`` whether it names every redirect URI of *document*; nothing is asked without one.

    *before* is what is registered already: where neither address nor redirect URIs change, nothing is asked either.
    """
    uri = document.sector_identifier_uri
    if not uri or (before is not None and _of_sector(before) == _of_sector(document)):
        return None
    fetched = await outgoing.fetch(uri, _WANTED)
    if isinstance(fetched, Refusal):
        return _refused("sector.unreadable", fetched.code)
    try:
        named = _array.decode(fetched.body)
    except msgspec.DecodeError:
        return _refused("sector.unreadable", "not an array of addresses")
    if not set(document.redirect_uris) <= set(named):
        return _refused("sector.incomplete", "a redirect URI is not named there")
    return None


def _of_sector(document: ClientDocument) -> tuple[str, tuple[str, ...]]:
    return document.sector_identifier_uri, document.redirect_uris


def _refused(what: str, detail: str) -> Invalid:
    return Invalid(CODE, detail, {"sector_identifier_uri": what})
