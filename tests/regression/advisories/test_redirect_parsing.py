"""Advisories on how redirect addresses were read: what one parser refused another followed."""

import pytest

from limen.access.clients.records import ClientDocument
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.registration import RegistrationSettings
from limen.kernel.errors import Refusal
from tests.integration.tokens.kit import Shop, error
from tests.support.house import CALLBACK, GOODBYE

pytestmark = pytest.mark.anyio


async def refused(shop: Shop, uri: str, client_id: str = "") -> bool:
    page = await shop.arrive(client_id, redirect_uri=uri)
    return (page.status, page.location) == (400, "")


@pytest.mark.parametrize(
    "uri",
    [
        "https://a@b@evil.example/callback",
        "https://shop.example@@evil.example/callback",
        "https://shop.example:x@evil.example/callback",
        "https://shop.example%40evil.example/callback",
    ],
)
async def test_keycloak_cve_2026_7504_more_than_one_at_sign_hides_no_host(shop: Shop, uri: str):
    assert await refused(shop, uri)


@pytest.mark.parametrize(
    "uri",
    [
        "https://shop.example/callback/..;/evil",
        "https://shop.example/..;/callback",
        "https://shop.example/callback/../../evil",
        "https://shop.example/%2e%2e/callback",
        "https://shop.example/x/%2e%2e%2fcallback",
        "https://shop.example/callback;evil",
    ],
)
async def test_keycloak_cve_2026_3872_no_path_is_normalised(shop: Shop, uri: str):
    assert await refused(shop, uri)


@pytest.mark.parametrize("uri", ["http://localhost/", "http://127.0.0.1/cb"])
async def test_keycloak_cve_2024_8883_loopback_addresses_are_no_wildcard(shop: Shop, uri: str):
    client_id, _ = await shop.another(redirect_uris=(uri,), token_endpoint_auth_method="none")
    for other in (
        uri.replace("//", "//evil.example@"),
        uri.replace("localhost", "localhost.evil.example").replace("127.0.0.1", "127.0.0.1.evil.example"),
        uri.replace("localhost", "evil.example").replace("127.0.0.1", "evil.example"),
        uri + "/../evil",
        uri.replace("http:", "https:"),
    ):
        assert await refused(shop, other, client_id), other


async def test_fosite_cve_2020_15233_loopback_addresses_keep_their_query(shop: Shop):
    """GHSA-rfq3-w54c-f9q5: parameters that nobody had registered were let through for loopback addresses."""
    client_id, _ = await shop.another(redirect_uris=("http://127.0.0.1/callback",), token_endpoint_auth_method="none")
    assert await refused(shop, "http://127.0.0.1:8080/callback?bar=foo", client_id)
    with_query, _ = await shop.another(
        redirect_uris=("http://127.0.0.1/callback?foo=bar",), token_endpoint_auth_method="none"
    )
    assert await refused(shop, "http://127.0.0.1:8080/callback", with_query)
    assert (await shop.arrive(with_query, redirect_uri="http://127.0.0.1:8080/callback?foo=bar")).answer["code"]


async def test_fosite_v0_34_1_case_counts(shop: Shop):
    """Before, addresses were compared in lower case (the release notes of ory/fosite v0.34.1)."""
    path = CALLBACK.removeprefix("https://shop.example")
    for uri in (
        f"https://shop.example{path.upper()}",
        f"https://SHOP.example{path}",
        CALLBACK.replace("https", "HTTPS"),
    ):
        assert await refused(shop, uri)


@pytest.mark.parametrize(
    "uri", ["JavaScript:alert(1)", "javascript:alert(1)", "DATA:text/html,x", "vbscript:x", "java\tscript:alert(1)"]
)
async def test_keycloak_cve_2026_9086_scripts_are_no_addresses_whatever_their_case(shop: Shop, uri: str):
    for field in ("redirect_uris", "post_logout_redirect_uris"):
        given = {"client_name": "Bad", "redirect_uris": (CALLBACK,), field: (uri,)}
        assert isinstance(await shop.house.registration().create(ClientDocument(**given), SYSTEM), Refusal)
    tenant = await shop.house.add_tenant("open", TenantSettings(registration=RegistrationSettings(mode="open")))
    answer = await shop.http.post(f"{tenant.prefix}/register", json={"client_name": "Bad", "redirect_uris": [uri]})
    assert error(answer) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize("mode", ["form_post.jwt", "form_post", "query.jwt", "jwt"])
async def test_keycloak_ghsa_9vm7_v8wj_3fqw_no_response_mode_skips_the_comparison(shop: Shop, mode: str):
    """An address with a wildcard was taken with ``form_post.jwt`` that was refused without."""
    for uri in ("https://evil.example/", CALLBACK + "?x=https://evil.example", "https://shop.example@evil.example/"):
        page = await shop.arrive(redirect_uri=uri, response_mode=mode)
        assert (page.status, page.location) == (400, "")
        assert "evil.example" not in [form.action for form in page.forms]


async def test_keycloak_cve_2026_7571_a_browser_cannot_turn_a_journey_into_another_flow(shop: Shop):
    """Client data kept in the browser was believed at a restart: a disabled implicit flow gave tokens."""
    walker = shop.house.walker()
    page = await walker.authorize(shop.client_id)
    forged = {"response_type": "token", "response_mode": "fragment", "redirect_uri": "https://evil.example/"}
    answer = await walker.post(page, email="ann@example.com", password="correct horse battery staple", **forged)
    assert "access_token" not in answer.location
    assert "evil.example" not in answer.location


async def test_better_auth_ghsa_x732_6j76_qmhm_doubled_slashes_reach_no_door(shop: Shop):
    """``//path`` and ``/path`` were one route, and limits and switches knew only the second."""
    for path in ("//token", "///token", "/token/", "/token//", "/%2ftoken", "/%2e/token"):
        answer = await shop.http.post(f"https://id.example{path}", data={"grant_type": "client_credentials"})
        assert answer.status_code in {307, 308, 400, 404, 405}, path


async def test_keycloak_cve_2026_0976_path_parameters_reach_no_door(shop: Shop):
    for path in ("/token;x", "/;x/token", "/api;x/v1/clients", "/t;x/default/token"):
        assert (await shop.http.post(path)).status_code == 404, path


async def test_an_address_for_signing_out_is_compared_exactly_too(shop: Shop):
    tokens = await shop.tokens()
    for uri in (GOODBYE + "/", GOODBYE + "?x", GOODBYE + "@evil.example", "https://a@b@evil.example/"):
        page = await shop.walker.get("/logout", id_token_hint=tokens["id_token"], post_logout_redirect_uri=uri)
        assert page.location == "", uri
