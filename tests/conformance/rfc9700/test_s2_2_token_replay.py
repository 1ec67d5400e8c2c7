"""RFC 9700 §2.2, Token Replay Prevention: access tokens (§2.2.1) and refresh tokens (§2.2.2)."""

import pytest

from tests.integration.tokens.kit import Shop, claims, error
from tests.integration.tokens.proofs import Prover
from tests.support.house import CALLBACK
from tests.support.walker import VERIFIER

pytestmark = pytest.mark.anyio
OWN = {"grant_type": "client_credentials"}


async def test_s2_2_1_access_tokens_can_be_bound_to_a_key_of_the_client(shop: Shop):
    prover, machine = Prover(shop.house.clock), await shop.machine()
    answer = (await shop.post("/token", OWN, machine, headers=prover.header())).json()
    assert (answer["token_type"], claims(answer["access_token"])["cnf"]) == ("DPoP", {"jkt": prover.jkt})


async def test_s2_2_1_a_client_that_is_registered_for_it_gets_no_bearer_token(shop: Shop):
    machine = await shop.machine(dpop_bound_access_tokens=True)
    assert (await shop.post("/token", OWN, machine)).status_code == 400


async def test_s2_2_2_refresh_tokens_of_public_clients_rotate_whatever_is_registered(shop: Shop):
    auth = ((await shop.another(token_endpoint_auth_method="none", rotate_refresh_tokens=False))[0], "")
    oldest = (await shop.tokens(auth))["refresh_token"]
    newest = (await shop.refresh(oldest, auth)).json()["refresh_token"]
    assert newest != oldest


async def test_s2_2_2_the_reuse_of_a_rotated_one_burns_the_family(shop: Shop):
    auth = ((await shop.another(token_endpoint_auth_method="none"))[0], "")
    oldest = (await shop.tokens(auth))["refresh_token"]
    newest = (await shop.refresh(oldest, auth)).json()
    shop.house.clock.advance(60)
    assert error(await shop.refresh(oldest, auth)) == (400, "invalid_grant")
    assert error(await shop.refresh(newest["refresh_token"], auth)) == (400, "invalid_grant")
    assert not await shop.is_active(newest["access_token"])


async def test_s2_2_2_or_they_are_bound_to_a_key(shop: Shop):
    prover, client_id = Prover(shop.house.clock), (await shop.another(token_endpoint_auth_method="none"))[0]
    form = {"grant_type": "authorization_code", "code": await shop.code(client_id), "redirect_uri": CALLBACK}
    form |= {"code_verifier": VERIFIER, "client_id": client_id}
    token = (await shop.post("/token", form, headers=prover.header())).json()["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client_id}
    assert (await shop.post("/token", again)).status_code == 400
    assert (await shop.post("/token", again, headers=Prover(shop.house.clock).header())).status_code == 400
    assert (await shop.post("/token", again, headers=prover.header())).status_code == 200
