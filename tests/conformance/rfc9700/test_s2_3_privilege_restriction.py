"""RFC 9700 §2.3, Access Token Privilege Restriction."""

import pytest

from tests.integration.tokens.kit import Shop, claims, error

pytestmark = pytest.mark.anyio
API, OTHER = "https://api.example", "https://other.example"


async def test_s2_3_an_access_token_is_for_named_resource_servers_one_if_possible(shop: Shop):
    await shop.resource_server(API)
    await shop.resource_server(OTHER)
    auth = await shop.another(audiences=(API, OTHER))
    token = (await shop.tokens(auth, resource=API))["access_token"]
    assert claims(token)["aud"] == API


async def test_s2_3_a_resource_server_that_is_not_named_is_not_told_about_it(shop: Shop):
    api, other = await shop.machine(), await shop.machine()
    await shop.resource_server(API, introspection_clients=(api[0],))
    await shop.resource_server(OTHER, introspection_clients=(other[0],))
    token = (await shop.own_token(await shop.machine(audiences=(API,))))["access_token"]
    assert await shop.is_active(token, api)
    assert await shop.introspect(token, other) == {"active": False}


async def test_s2_3_a_client_gets_no_scope_that_it_is_not_registered_for(shop: Shop):
    machine = await shop.machine("orders")
    answer = await shop.post("/token", {"grant_type": "client_credentials", "scope": "orders admin"}, machine)
    assert error(answer) == (400, "invalid_scope")


async def test_s2_3_a_refresh_may_narrow_and_never_widen(shop: Shop):
    token = (await shop.tokens(scope="openid offline_access"))["refresh_token"]
    assert error(await shop.refresh(token, scope="openid email")) == (400, "invalid_scope")
    assert (await shop.refresh(token, scope="openid")).json()["scope"] == "openid"


async def test_s2_3_the_userinfo_endpoint_takes_no_token_without_its_scope(shop: Shop):
    token = (await shop.own_token(await shop.machine()))["access_token"]
    assert (await shop.userinfo(token)).status_code == 403
