"""RFC 9700 §4.1, Insufficient Redirection URI Validation."""

import pytest

from limen.access.clients.records import ClientDocument
from limen.identity.administrators import SYSTEM
from limen.kernel.errors import Refusal
from tests.integration.tokens.kit import Shop
from tests.support.house import CALLBACK

pytestmark = pytest.mark.anyio

LOOKALIKES = [
    CALLBACK + "/",
    CALLBACK + "?x=1",
    CALLBACK + "#x",
    CALLBACK + "/../callback",
    CALLBACK + "%2f",
    CALLBACK.replace("https", "http"),
    CALLBACK.replace("https", "HTTPS"),
    CALLBACK.replace("shop.example", "shop.example.evil.example"),
    CALLBACK.replace("shop.example", "SHOP.example"),
    CALLBACK.replace("shop.example", "shop.example:443"),
    CALLBACK.replace("shop.example", "shop.example@evil.example"),
    CALLBACK.replace("shop.example", "evil.example\\@shop.example"),
    CALLBACK.replace("shop.example", "evil.example%00.shop.example"),
    CALLBACK.replace("//", "///"),
    CALLBACK + "\r\nlocation: https://evil.example",
    " " + CALLBACK,
    "https://evil.example/?" + CALLBACK,
    "javascript:alert(1)//" + CALLBACK,
    "data:text/html," + CALLBACK,
    "https://shop.\u0435xample/callback",
]


@pytest.mark.parametrize("uri", LOOKALIKES, ids=range(len(LOOKALIKES)))
async def test_s4_1_3_what_merely_looks_like_a_registered_address_is_refused_before_a_redirect(shop: Shop, uri: str):
    page = await shop.arrive(redirect_uri=uri)
    assert (page.status, page.location) == (400, "")


@pytest.mark.parametrize("uri", LOOKALIKES, ids=range(len(LOOKALIKES)))
async def test_s4_1_3_and_where_it_is_pushed(shop: Shop, uri: str):
    answer = await shop.post("/par", shop.walker.request(shop.client_id, redirect_uri=uri), shop.auth)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "uri",
    [
        "https://*.shop.example/callback",
        "https://shop.example/*",
        "https://shop.example/callback#part",
        "http://shop.example/callback",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "https://user@shop.example/",
    ],
)
async def test_s4_1_3_patterns_fragments_and_scripts_cannot_be_registered(shop: Shop, uri: str):
    document = ClientDocument(client_name="Loose", redirect_uris=(uri,))
    assert isinstance(await shop.house.registration().create(document, SYSTEM), Refusal)


async def test_s4_1_2_a_fragment_is_not_carried_from_the_request_into_the_answer(shop: Shop):
    page = await shop.walker.get("/authorize#x=1", **shop.walker.request(shop.client_id))
    assert "#" not in page.location


async def test_s4_1_3_the_address_is_compared_again_where_the_code_is_redeemed(shop: Shop):
    answer = await shop.redeem(await shop.code(), redirect_uri=CALLBACK + "/")
    assert answer.status_code == 400
