"""RFC 9700 §4.10, Misuse of Stolen Access Tokens: sender constraint (§4.10.1), audience (§4.10.2)."""

import pytest

from tests.integration.tokens.kit import Shop, claims
from tests.integration.tokens.proofs import Prover
from tests.integration.tokens.strict import Strict

pytestmark = pytest.mark.anyio
API = "https://api.example"


async def test_s4_10_1_introspection_says_which_key_a_token_is_bound_to(shop: Shop):
    strict = await Strict.register(shop)
    token = (await strict.tokens())["access_token"]
    form = {"token": token, **strict.proven()}
    said = (await shop.post("/introspect", form)).json()
    assert (said["active"], said["cnf"], said["token_type"]) == (True, {"jkt": strict.prover.jkt}, "DPoP")


async def test_s4_10_1_a_stolen_bound_token_is_not_taken_as_a_bearer_token(shop: Shop):
    strict = await Strict.register(shop)
    token = (await strict.tokens())["access_token"]
    assert (await shop.userinfo(token)).status_code == 401


async def test_s4_10_1_a_proof_for_another_request_does_not_help(shop: Shop):
    strict = await Strict.register(shop)
    token = (await strict.tokens())["access_token"]
    for headers in (
        strict.prover.call(token, path="/introspect"),
        strict.prover.call(token, method="POST"),
        strict.prover.call(token, ath="x" * 43),
        {**strict.prover.call(token), "dpop": Prover(shop.house.clock).proof("/userinfo", "GET")},
    ):
        assert (await shop.http.get("/userinfo", headers=headers)).status_code == 401


async def test_s4_10_2_a_token_names_its_audience_and_others_are_told_nothing(shop: Shop):
    api, other = await shop.machine(), await shop.machine()
    await shop.resource_server(API, introspection_clients=(api[0],))
    token = (await shop.own_token(await shop.machine(audiences=(API,))))["access_token"]
    assert claims(token)["aud"] == API
    assert await shop.is_active(token, api)
    assert not await shop.is_active(token, other)
