"""RFC 8707, Resource Indicators: deliberately not supported yet.

The audience of a token is what is registered for its client. RFC 8707 is an extension: whoever does not know
``resource`` ignores it (RFC 6749 §3.1), and a client sees from ``aud`` that nothing was narrowed. What must not happen
is that a token claims an audience that nobody granted.
"""

import pytest

from tests.integration.tokens.kit import Shop, claims, error

pytestmark = pytest.mark.anyio
ELSEWHERE = "https://other.example"


async def test_rfc8707_s2_1_a_resource_in_an_authorization_request_grants_no_audience(shop: Shop):
    token = (await shop.tokens(resource=ELSEWHERE))["access_token"]
    assert claims(token)["aud"] == "https://id.example"


async def test_rfc8707_s2_1_several_resources_are_no_error(shop: Shop):
    parameters = [
        *shop.walker.request(shop.client_id).items(),
        ("resource", ELSEWHERE),
        ("resource", "https://b.example"),
    ]
    assert "code=" in (await shop.walker.http.get("/authorize", params=parameters)).headers["location"]


async def test_rfc8707_s2_2_a_resource_in_a_token_request_grants_no_audience(shop: Shop):
    machine = await shop.machine(audiences=("https://api.example",))
    token = (await shop.own_token(machine, resource=ELSEWHERE))["access_token"]
    assert claims(token)["aud"] == "https://api.example"


async def test_rfc8707_s2_2_several_resources_in_a_token_request_are_refused_as_any_repetition_is(shop: Shop):
    body = f"grant_type=client_credentials&resource={ELSEWHERE}&resource=https://b.example"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await shop.http.post("/token", content=body, headers=headers, auth=await shop.machine())
    assert error(answer) == (400, "invalid_request")


async def test_rfc8707_is_not_announced(shop: Shop):
    assert "resource" not in str((await shop.http.get("/.well-known/openid-configuration")).json())
