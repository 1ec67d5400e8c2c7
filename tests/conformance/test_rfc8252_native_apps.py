"""RFC 8252: OAuth 2.0 for Native Apps."""

import pytest

from limen.access.clients.redirect_uris import check_redirect_uri
from tests.integration.tokens.kit import EMAIL, Shop
from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio

PRIVATE = "com.example.app:/oauth2redirect"
CLAIMED = "https://app.example.com/oauth2redirect"
LOOPBACK = ("http://127.0.0.1/cb", "http://[::1]/cb")


async def native(shop: Shop, *uris: str) -> str:
    """An application on a device: it can keep no secret (§8.4)."""
    return (await shop.another(redirect_uris=uris, token_endpoint_auth_method="none"))[0]


async def test_rfc8252_s6_a_public_client_without_pkce_is_refused(shop: Shop):
    client_id = await native(shop, PRIVATE)
    page = await shop.arrive(client_id, redirect_uri=PRIVATE, code_challenge=None, code_challenge_method=None)
    assert page.location.startswith(f"{PRIVATE}?error=invalid_request")


async def test_rfc8252_s7_1_a_private_use_scheme_takes_the_answer_and_redeems_it(shop: Shop):
    client_id = await native(shop, PRIVATE)
    page = await shop.arrive(client_id, redirect_uri=PRIVATE)
    assert page.location.startswith(f"{PRIVATE}?code=")
    answer = await shop.redeem_publicly(page.answer["code"], client_id, redirect_uri=PRIVATE)
    assert answer.status_code == 200


async def test_rfc8252_s7_1_browsers_may_follow_a_form_to_a_private_use_scheme(shop: Shop):
    client_id, walker = await native(shop, PRIVATE), shop.house.walker()
    page = await walker.authorize(client_id, redirect_uri=PRIVATE)
    assert "form-action 'self' com.example.app:;" in page.headers["content-security-policy"]
    page = await walker.sign_in(EMAIL, PASSWORD, page)
    assert page.location.startswith(f"{PRIVATE}?code=")


@pytest.mark.parametrize(
    "uri",
    ["myapp:/cb", "app://cb", "javascript:/cb", "data:/x", "com.example.app:cb", "com.example.app:", "COM.example:/x"],
)
def test_rfc8252_s7_1_and_s8_4_a_scheme_is_a_domain_name_in_reverse(uri):
    assert check_redirect_uri(uri) is not None


@pytest.mark.parametrize(
    "presented",
    ["com.example.app:/oauth2redirect/", "com.example.app://oauth2redirect", "com.example.App:/oauth2redirect",
     "com.example.app2:/oauth2redirect", "com.example.app:/oauth2redirect?x=1", "com.example.app:8080/oauth2redirect"],
)  # fmt: skip
async def test_rfc8252_s8_4_a_private_use_scheme_is_compared_letter_by_letter(shop: Shop, presented):
    page = await shop.arrive(await native(shop, PRIVATE), redirect_uri=presented)
    assert (page.status, page.location) == (400, "")


async def test_rfc8252_s7_2_a_claimed_https_address_takes_the_answer(shop: Shop):
    page = await shop.arrive(await native(shop, CLAIMED), redirect_uri=CLAIMED)
    assert page.location.startswith(f"{CLAIMED}?code=")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
@pytest.mark.parametrize("port", ["", ":1", ":51004", ":65535"])
async def test_rfc8252_s7_3_a_loopback_address_may_come_with_any_port(shop: Shop, host, port):
    client_id, uri = await native(shop, *LOOPBACK), f"http://{host}{port}/cb"
    page = await shop.arrive(client_id, redirect_uri=uri)
    assert page.location.startswith(f"{uri}?code=")
    answer = await shop.redeem_publicly(page.answer["code"], client_id, redirect_uri=uri)
    assert answer.status_code == 200


async def test_rfc8252_s7_3_the_port_that_was_asked_with_is_the_one_to_redeem_with(shop: Shop):
    client_id = await native(shop, *LOOPBACK)
    page = await shop.arrive(client_id, redirect_uri="http://127.0.0.1:7000/cb")
    answer = await shop.redeem_publicly(page.answer["code"], client_id, redirect_uri="http://127.0.0.1:7001/cb")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "presented",
    ["http://127.0.0.1:7000/other", "http://127.0.0.1:0/cb", "http://127.0.0.1:99999/cb", "http://127.0.0.1:07000/cb",
     "https://127.0.0.1:7000/cb", "http://127.0.0.2:7000/cb", "http://127.1/cb", "http://2130706433/cb",
     "http://127.0.0.1:7000@evil.example/cb", "http://127.0.0.1.evil.example/cb", "http://[::ffff:127.0.0.1]/cb",
     "http://127.0.0.1:/cb", "http://127.0.0.1:7000/cb#x"],
)  # fmt: skip
async def test_rfc8252_s7_3_nothing_but_the_port_is_free(shop: Shop, presented):
    page = await shop.arrive(await native(shop, *LOOPBACK), redirect_uri=presented)
    assert (page.status, page.location) == (400, "")


async def test_rfc8252_s8_3_localhost_is_a_name_and_has_no_free_port(shop: Shop):
    client_id = await native(shop, "http://localhost:3000/cb")
    assert (await shop.arrive(client_id, redirect_uri="http://localhost:3000/cb")).location
    assert (await shop.arrive(client_id, redirect_uri="http://localhost:3001/cb")).status == 400


@pytest.mark.parametrize(
    "uri", ["http://app.example.com/cb", "http://192.168.0.2/cb", "http://0.0.0.0/cb", "http://127.1/cb"]
)
def test_rfc8252_s8_3_http_elsewhere_than_on_loopback_is_not_registered(uri):
    assert check_redirect_uri(uri) is not None


async def test_rfc8252_s8_5_a_native_client_has_no_secret_and_needs_none(shop: Shop):
    client_id = await native(shop, PRIVATE)
    page = await shop.arrive(client_id, redirect_uri=PRIVATE)
    answer = await shop.redeem_publicly(page.answer["code"], client_id, redirect_uri=PRIVATE, client_secret="x" * 40)
    assert answer.status_code == 401


async def test_rfc8252_s8_10_the_answer_names_its_issuer(shop: Shop):
    page = await shop.arrive(await native(shop, PRIVATE), redirect_uri=PRIVATE)
    assert page.answer["iss"] == "https://id.example"
