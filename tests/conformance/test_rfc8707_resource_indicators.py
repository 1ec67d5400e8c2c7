"""RFC 8707, Resource Indicators for OAuth 2.0."""

from urllib.parse import urlencode

import pytest

from tests.integration.tokens.kit import Shop, claims, error, header

pytestmark = pytest.mark.anyio
A, B, ELSEWHERE = "https://a.example/api", "https://b.example/", "https://other.example"


async def _asked(shop: Shop, client_id: str, *resources: str) -> dict[str, str]:
    """The answer to an authorization request that names *resources*."""
    parameters = [*shop.walker.request(client_id).items(), *(("resource", one) for one in resources)]
    return (await shop.walker.get(f"/authorize?{urlencode(parameters)}")).answer


async def test_rfc8707_s2_several_resources_may_be_named_and_all_become_the_audience(shop: Shop):
    auth = await shop.another(audiences=(A, B, ELSEWHERE))
    code = (await _asked(shop, auth[0], A, B))["code"]
    assert claims((await shop.redeem(code, auth)).json()["access_token"])["aud"] == [A, B]


@pytest.mark.parametrize("resource", [ELSEWHERE, A + "#part", "/api", "a.example", A + "/", A.upper(), A + " " + B])
async def test_rfc8707_s2_a_resource_that_the_client_has_not_is_an_invalid_target(shop: Shop, resource: str):
    auth = await shop.another(audiences=(A, B))
    machine = await shop.machine(audiences=(A, B))
    answer = await _asked(shop, auth[0], resource)
    if " " not in resource:
        assert answer["error"] == "invalid_target"
        token = await shop.post("/token", {"grant_type": "client_credentials", "resource": resource}, machine)
        assert error(token) == (400, "invalid_target")
    else:
        assert "code" not in answer


async def test_rfc8707_s2_one_bad_resource_among_good_ones_refuses_the_request(shop: Shop):
    auth = await shop.another(audiences=(A, B))
    assert (await _asked(shop, auth[0], A, ELSEWHERE))["error"] == "invalid_target"


async def test_rfc8707_s2_1_what_was_asked_for_at_the_authorization_endpoint_bounds_the_token(shop: Shop):
    auth = await shop.another(audiences=(A, B))
    code = (await _asked(shop, auth[0], A))["code"]
    answer = await shop.redeem(code, auth, resource=B)
    assert error(answer) == (400, "invalid_target")


async def test_rfc8707_s2_1_without_a_resource_the_audience_is_what_is_registered(shop: Shop):
    auth = await shop.another(audiences=(A, B))
    assert claims((await shop.tokens(auth))["access_token"])["aud"] == [A, B]


async def test_rfc8707_s2_2_a_token_request_narrows_to_one_of_the_granted_resources(shop: Shop):
    auth = await shop.another(audiences=(A, B))
    code = (await _asked(shop, auth[0], A, B))["code"]
    assert claims((await shop.redeem(code, auth, resource=A)).json()["access_token"])["aud"] == A


async def test_rfc8707_s2_2_several_resources_in_a_token_request(shop: Shop):
    auth = await shop.machine(audiences=(A, B, ELSEWHERE))
    body = f"grant_type=client_credentials&resource={A}&resource={B}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await shop.http.post("/token", content=body, headers=headers, auth=auth)
    assert claims(answer.json()["access_token"])["aud"] == [A, B]


async def test_rfc8707_s2_2_each_refresh_may_name_another_of_the_granted_resources_and_no_more(shop: Shop):
    auth = await shop.another(audiences=(A, B, ELSEWHERE))
    code = (await _asked(shop, auth[0], A, B))["code"]
    tokens = (await shop.redeem(code, auth, resource=A)).json()
    second = (await shop.refresh(tokens["refresh_token"], auth, resource=B)).json()
    assert claims(second["access_token"])["aud"] == B
    assert error(await shop.refresh(second["refresh_token"], auth, resource=ELSEWHERE)) == (400, "invalid_target")
    third = await shop.refresh(second["refresh_token"], auth)  # the refusal has not used it up
    assert claims(third.json()["access_token"])["aud"] == [A, B]


async def test_rfc8707_s2_2_an_impossible_resource_uses_up_no_code(shop: Shop):
    auth = await shop.another(audiences=(A,))
    code = (await _asked(shop, auth[0], A))["code"]
    assert error(await shop.redeem(code, auth, resource=ELSEWHERE)) == (400, "invalid_target")
    assert (await shop.redeem(code, auth)).status_code == 200


async def test_rfc8707_s2_2_a_resource_that_was_withdrawn_is_in_no_new_token(shop: Shop):
    auth = await shop.another(audiences=(A, B))
    code = (await _asked(shop, auth[0], A))["code"]
    tokens = (await shop.redeem(code, auth)).json()
    await shop.house.change_client(auth[0], audiences=(B,))
    assert error(await shop.refresh(tokens["refresh_token"], auth)) == (400, "invalid_target")


async def test_rfc8707_s2_2_a_scope_of_another_resource_server_stays_out_of_the_token(shop: Shop):
    await shop.resource_server(A, scopes=("orders",))
    await shop.resource_server(B, scopes=("profile:write",))
    auth = await shop.machine("orders", "profile:write", "free", audiences=(A, B))
    answer = await shop.own_token(auth, resource=A)
    assert answer["scope"] == claims(answer["access_token"])["scope"] == "orders free"


async def test_rfc8707_s3_a_token_for_one_resource_server_is_none_for_another(shop: Shop):
    machine = await shop.machine(audiences=(A, B))
    other = await shop.machine(audiences=(B,), scopes=("introspect",))
    token = (await shop.own_token(machine, resource=A))["access_token"]
    assert not await shop.is_active(token, other)


# ------------------------------------------------------------------------------------- resource servers, registered


async def test_a_resource_server_says_how_its_tokens_are_signed_and_how_long_they_live(shop: Shop):
    await shop.resource_server(A, token_signing_alg="EdDSA", token_lifetime=60)
    answer = await shop.own_token(await shop.machine(audiences=(A,)))
    said = claims(answer["access_token"])
    assert header(answer["access_token"])["alg"] == "EdDSA"
    assert said["exp"] - said["iat"] == answer["expires_in"] == 60
    keys = (await shop.http.get("/jwks")).json()["keys"]
    assert {"kty": "OKP", "alg": "EdDSA"}.items() <= next(key for key in keys if key.get("alg") == "EdDSA").items()


async def test_an_opaque_token_tells_its_client_nothing_and_the_resource_server_everything(shop: Shop):
    api = await shop.machine(audiences=(ELSEWHERE,))
    await shop.resource_server(A, token_format="opaque", introspection_clients=(api[0],))
    auth = await shop.another(audiences=(A,))
    token = (await shop.tokens(auth))["access_token"]
    assert token.startswith("at_")
    assert "." not in token
    said = await shop.introspect(token, api)
    assert (said["active"], said["aud"], said["sub"]) == (True, A, shop.customer.subject)
    assert "fid" not in said
    assert (await shop.userinfo(token)).json()["sub"] == shop.customer.subject


async def test_an_opaque_token_is_revoked_expired_and_changed_as_any_other(shop: Shop):
    await shop.resource_server(A, token_format="opaque")
    auth = await shop.another(audiences=(A,))
    tokens = await shop.tokens(auth)
    token = tokens["access_token"]
    for other in (token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), token + "A", "at_", "at_AAAA", token[:40]):
        assert not await shop.is_active(other, auth)
    assert await shop.is_active(token, auth)
    await shop.revoke(token, auth)
    assert not await shop.is_active(token, auth)
    again = (await shop.refresh(tokens["refresh_token"], auth)).json()["access_token"]
    assert await shop.is_active(again, auth)
    shop.house.clock.advance(301)
    assert not await shop.is_active(again, auth)


async def test_only_the_named_clients_may_introspect_for_a_resource_server(shop: Shop):
    await shop.resource_server(A, introspection_clients=("somebody-else",))
    token = (await shop.own_token(await shop.machine(audiences=(A,))))["access_token"]
    assert not await shop.is_active(token, await shop.machine())


async def test_a_change_of_a_resource_server_counts_from_the_next_token_on(shop: Shop):
    machine = await shop.machine(audiences=(A,))
    assert "." in (await shop.own_token(machine))["access_token"]
    await shop.resource_server(A, token_format="opaque")
    assert "." not in (await shop.own_token(machine))["access_token"]
