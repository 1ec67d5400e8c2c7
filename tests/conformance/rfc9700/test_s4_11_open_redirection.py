"""RFC 9700 §4.11, Open Redirection: the authorization server as an open redirector (§4.11.2)."""

import pytest

from tests.integration.tokens.kit import Shop
from tests.support.house import GOODBYE

pytestmark = pytest.mark.anyio
EVIL = "https://evil.example/"


async def test_s4_11_2_a_refused_request_never_redirects_to_what_it_brought(shop: Shop):
    for changes in ({"redirect_uri": EVIL}, {"client_id": "x", "redirect_uri": EVIL}, {"request_uri": EVIL}):
        parameters = shop.walker.request(shop.client_id) | changes
        answer = await shop.walker.http.get("/authorize", params=parameters)
        assert "evil.example" not in answer.headers.get("location", "")


async def test_s4_11_2_nobody_is_sent_on_to_an_application_without_signing_in_first(shop: Shop):
    walker = shop.house.walker()
    page = await walker.authorize(shop.client_id)
    assert "password" in page.fields
    assert page.location == ""


@pytest.mark.parametrize("uri", [EVIL, "//evil.example/", "/\\evil.example", "https:evil.example", "javascript:x"])
async def test_s4_11_2_signing_out_leads_to_registered_addresses_alone(shop: Shop, uri: str):
    tokens = await shop.tokens()
    for more in ({}, {"client_id": shop.client_id}, {"id_token_hint": tokens["id_token"]}):
        gone = await shop.walker.http.get("/logout", params={"post_logout_redirect_uri": uri, **more})
        assert "evil" not in gone.headers.get("location", "")
    page = await shop.walker.get("/logout", id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE)
    assert page.location.startswith(GOODBYE)


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "/%2f%2fevil.example/", "/.//evil.example"])
async def test_s4_11_2_odd_paths_lead_nowhere(shop: Shop, path: str):
    answer = await shop.http.get(f"https://id.example{path}")
    assert not answer.headers.get("location", "/").startswith(("//", "/\\", "http"))
