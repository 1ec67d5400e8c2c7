"""RFC 9700 §2.6, Other Recommendations."""

import pytest

from tests.integration.tokens.kit import Shop, claims

pytestmark = pytest.mark.anyio


async def test_s2_6_metadata_is_published_in_both_places_and_agrees(shop: Shop):
    openid = (await shop.http.get("/.well-known/openid-configuration")).json()
    oauth = (await shop.http.get("/.well-known/oauth-authorization-server")).json()
    shared = openid.keys() & oauth.keys()
    assert {"issuer", "token_endpoint", "jwks_uri", "code_challenge_methods_supported"} <= shared
    assert all(openid[name] == oauth[name] for name in shared)


async def test_s2_6_clients_cannot_choose_what_passes_for_a_customers_subject(shop: Shop):
    auth = await shop.machine()
    said = claims((await shop.own_token(auth))["access_token"])
    assert said["sub"] == said["client_id"] == auth[0]
    assert said["sub"] != shop.customer.subject


async def test_s2_6_no_cors_at_the_authorization_endpoint(shop: Shop):
    headers = {"origin": "https://evil.example"}
    for method, path in (("GET", "/authorize"), ("OPTIONS", "/authorize")):
        answer = await shop.walker.http.request(
            method, path, params=shop.walker.request(shop.client_id), headers=headers
        )
        assert "access-control-allow-origin" not in answer.headers


async def test_s2_6_endpoints_that_browsers_call_with_tokens_may_have_it_without_cookies(shop: Shop):
    answer = await shop.http.get("/.well-known/openid-configuration", headers={"origin": "https://app.example"})
    assert answer.headers.get("access-control-allow-credentials") != "true"
