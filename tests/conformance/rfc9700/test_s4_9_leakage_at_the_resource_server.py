"""RFC 9700 §4.9, Access Token Leakage at the Resource Server: what a bad or broken one can do with a token."""

import pytest

from tests.integration.tokens.kit import Shop
from tests.integration.tokens.proofs import Prover
from tests.support.house import CALLBACK
from tests.support.walker import VERIFIER

pytestmark = pytest.mark.anyio
API = "https://api.example"


async def test_s4_9_1_a_token_for_one_server_opens_nothing_at_another(shop: Shop):
    await shop.resource_server(API)
    auth = await shop.another(audiences=(API,))
    token = (await shop.tokens(auth, scope="orders", resource=API))["access_token"]
    assert (await shop.userinfo(token)).status_code in {401, 403}


async def test_s4_9_1_a_bound_token_is_of_no_use_to_who_received_it(shop: Shop):
    prover, thief = Prover(shop.house.clock), Prover(shop.house.clock)
    client_id, _ = await shop.another(token_endpoint_auth_method="none", dpop_bound_access_tokens=True)
    token = await _token(shop, client_id, prover)
    used = prover.call(token)
    assert (await shop.http.get("/userinfo", headers=used)).status_code == 200
    assert (await shop.http.get("/userinfo", headers=used)).status_code == 401  # the proof that came with it is spent
    assert (await shop.http.get("/userinfo", headers=thief.call(token))).status_code == 401
    assert (await shop.userinfo(token)).status_code == 401


async def _token(shop: Shop, client_id: str, prover: Prover) -> str:
    code = await shop.code(client_id)
    headers = prover.header()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answer = await shop.post("/token", form | {"client_id": client_id}, headers=headers)
    return answer.json()["access_token"]


async def test_s4_9_2_a_token_is_short_lived_and_can_be_revoked_at_once(shop: Shop):
    tokens = await shop.tokens()
    assert tokens["expires_in"] <= 900
    await shop.revoke(tokens["access_token"])
    assert not await shop.is_active(tokens["access_token"])
    assert (await shop.userinfo(tokens["access_token"])).status_code == 401
