"""``sector_identifier_uri``: who may share a sector is said by its owner (OpenID Connect Core §8.1)."""

import json

import pytest

from limen.access.clients.records import ClientDocument
from limen.access.clients.sector import check_sector
from limen.access.outgoing import NO_WAY_OUT, Fetched, NoWayOut, Wanted
from limen.kernel.clock import Instant
from limen.kernel.errors import Refusal

pytestmark = pytest.mark.anyio
URIS = ("https://a.example/cb", "https://b.example/cb")
DOCUMENT = ClientDocument(client_name="x", redirect_uris=URIS, sector_identifier_uri="https://a.example/sector.json")


class Answering(NoWayOut):
    """Answers every fetch with one body, and counts."""

    def __init__(self, body: bytes) -> None:
        self.body, self.asked = body, 0

    async def fetch(self, url: str, wanted: Wanted, *, newer_than: Instant = 0) -> Fetched | Refusal:
        self.asked += 1
        return Fetched(url, self.body, wanted.media_types[0], 0, 0)


async def test_a_document_that_names_every_redirect_uri_will_do():
    assert await check_sector(Answering(json.dumps([*URIS, "https://c.example/"]).encode()), DOCUMENT) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (json.dumps([URIS[0]]).encode(), "sector.incomplete"),
        (b"[]", "sector.incomplete"),
        (b"{}", "sector.unreadable"),
        (b"[1]", "sector.unreadable"),
        (b"\xff", "sector.unreadable"),
        (b"", "sector.unreadable"),
    ],
)
async def test_any_other_document_will_not(body: bytes, code: str):
    refused = await check_sector(Answering(body), DOCUMENT)
    assert refused is not None
    assert refused.fields == {"sector_identifier_uri": code}


async def test_an_address_that_cannot_be_asked_will_not_do_either():
    refused = await check_sector(NO_WAY_OUT, DOCUMENT)
    assert refused is not None
    assert refused.fields == {"sector_identifier_uri": "sector.unreadable"}


async def test_nothing_is_asked_where_nothing_changed_or_no_address_is_registered():
    answering = Answering(b"")
    assert await check_sector(answering, DOCUMENT, DOCUMENT) is None
    assert await check_sector(answering, ClientDocument(client_name="x")) is None
    assert answering.asked == 0
