"""What races, on SQLite and on PostgreSQL: the write group decides, whichever database is below it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from limen.identity.administrators import SYSTEM
from tests.integration.tokens.kit import Shop, open_shop

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
