"""What races, on SQLite and on PostgreSQL: the write group decides, whichever database is below it."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from limen.identity.administrators import SYSTEM
from tests.integration.tokens.kit import Shop, open_shop
from tests.integration.tokens.proofs import Prover
from tests.support.house import CALLBACK
from tests.support.walker import VERIFIER

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(house_on) -> AsyncIterator[Shop]:
    async with open_shop(house_on) as shop:
        yield shop


async def test_of_fifty_redemptions_at_once_one_wins_and_its_tokens_are_burnt(shop: Shop):
    code = await shop.code()
    answers = await asyncio.gather(*(shop.redeem(code) for _ in range(50)))
    (tokens,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert not await shop.is_active(tokens["access_token"])
    assert (await shop.refresh(tokens["refresh_token"])).status_code == 400


@pytest.mark.parametrize("rotates", [True, False])
async def test_forty_refreshes_at_once_agree_on_the_refresh_token(shop: Shop, rotates: bool):
    auth = await shop.another(rotate_refresh_tokens=rotates)
    token = (await shop.tokens(auth))["refresh_token"]
    answers = await asyncio.gather(*(shop.refresh(token, auth) for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    assert (successor != token) is rotates
    assert (await shop.refresh(successor, auth)).status_code == 200


async def test_a_reuse_after_the_grace_burns_the_family(shop: Shop):
    tokens = await shop.tokens()
    await shop.refresh(tokens["refresh_token"])
    shop.house.clock.advance(11)
    assert (await shop.refresh(tokens["refresh_token"])).status_code == 400
    assert not await shop.is_active(tokens["access_token"])


async def test_revocations_are_seen_at_once_and_erasure_ends_everything(shop: Shop):
    first, second = await shop.tokens(), await shop.tokens()
    await shop.revoke(first["access_token"])
    assert [await shop.is_active(one["access_token"]) for one in (first, second)] == [False, True]
    await shop.house.administration().delete(shop.customer.id, SYSTEM)
    assert not await shop.is_active(second["access_token"])
    assert (await shop.userinfo(second["access_token"])).status_code == 401


async def test_of_fifty_uses_of_one_proof_at_once_one_wins(shop: Shop):
    auth, headers = await shop.machine(), Prover(shop.house.clock).header()
    form = {"grant_type": "client_credentials"}
    answers = await asyncio.gather(*(shop.post("/token", form, auth, headers=headers) for _ in range(50)))
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (won["token_type"], await shop.is_active(won["access_token"], auth)) == ("DPoP", True)
    assert {answer.json().get("error") for answer in answers} <= {None, "invalid_dpop_proof", "slow_down"}
    assert len(await shop.told("token.issued")) == 1


async def test_of_fifty_refreshes_with_one_proof_one_rotates_and_the_family_lives(shop: Shop):
    client_id, prover = (await shop.another(token_endpoint_auth_method="none"))[0], Prover(shop.house.clock)
    code = {"grant_type": "authorization_code", "code": await shop.code(client_id), "redirect_uri": CALLBACK}
    code |= {"code_verifier": VERIFIER, "client_id": client_id}
    first = (await shop.post("/token", code, headers=prover.header())).json()["refresh_token"]
    form, proof = {"grant_type": "refresh_token", "refresh_token": first, "client_id": client_id}, prover.header()
    answers = await asyncio.gather(*(shop.post("/token", form, headers=proof) for _ in range(50)))
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    again = form | {"refresh_token": won["refresh_token"]}
    assert (await shop.post("/token", again, headers=Prover(shop.house.clock).header())).status_code == 400
    assert (await shop.post("/token", again, headers=prover.header())).status_code == 200


@pytest.mark.parametrize("seconds", [-60, -1, 0, 1, 25])
async def test_a_clients_clock_may_be_behind_or_ahead(shop: Shop, seconds: int):
    iat = shop.house.clock.now() // 1_000_000 + seconds
    headers = Prover(shop.house.clock).header(iat=iat)
    answer = await shop.post("/token", {"grant_type": "client_credentials"}, await shop.machine(), headers=headers)
    assert answer.status_code == 200


async def test_of_forty_pushes_at_once_each_is_one_way_in_and_of_its_tabs_one_gets_a_code(shop: Shop):
    form = shop.walker.request(shop.client_id)
    answers = await asyncio.gather(*(shop.post("/par", form, shop.auth) for _ in range(40)))
    uris = {answer.json()["request_uri"] for answer in answers}
    assert len(uris) == 40
    path = f"/authorize?{urlencode({'client_id': shop.client_id, 'request_uri': uris.pop()})}"
    pages = await asyncio.gather(*(shop.walker.get(path) for _ in range(6)))
    assert sorted("code" in page.answer for page in pages) == [False] * 5 + [True]


async def test_of_two_browsers_at_once_one_holds_a_pushed_request(shop: Shop):
    answer = await shop.post("/par", shop.walker.request(shop.client_id), shop.auth)
    path = f"/authorize?{urlencode({'client_id': shop.client_id, **answer.json()})}"
    pages = await asyncio.gather(*(shop.house.walker().get(path) for _ in range(4)))
    assert sorted(page.status for page in pages) == [200, 410, 410, 410]
