"""How long a client's refresh tokens live: as the client wishes, never beyond what the tenant allows."""

from typing import Any

import pytest

from limen.access.clients.records import AuthMethod
from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio
DAY = 86_400


async def begun(shop: Shop, **document: Any) -> tuple[tuple[str, str], str]:
    auth = await shop.another(**document)
    return auth, (await shop.tokens(auth))["refresh_token"]


async def test_an_idle_limit_of_the_client_is_kept(shop: Shop):
    auth, token = await begun(shop, refresh_idle_seconds=3_600)
    shop.house.clock.advance(3_599)
    token = (await shop.refresh(token, auth)).json()["refresh_token"]
    shop.house.clock.advance(3_600)
    assert error(await shop.refresh(token, auth)) == (400, "invalid_grant")


async def test_an_absolute_limit_of_the_client_is_kept_however_often_it_is_used(shop: Shop):
    auth, token = await begun(shop, refresh_absolute_seconds=2 * DAY)
    for _ in range(2):
        token = (await shop.refresh(token, auth)).json()["refresh_token"]
        shop.house.clock.advance(DAY - 1)
    shop.house.clock.advance(2)
    assert error(await shop.refresh(token, auth)) == (400, "invalid_grant")


async def test_no_client_lives_longer_than_the_tenant_allows(shop: Shop):
    auth, token = await begun(shop, refresh_idle_seconds=300 * DAY, refresh_absolute_seconds=300 * DAY)
    shop.house.clock.advance(14 * DAY)
    assert error(await shop.refresh(token, auth)) == (400, "invalid_grant")


async def test_a_public_client_cannot_be_registered_without_rotation(shop: Shop):
    with pytest.raises(AssertionError, match="rotate_refresh_tokens"):
        await shop.another(token_endpoint_auth_method=AuthMethod.NONE, rotate_refresh_tokens=False)


@pytest.mark.parametrize("name", ["refresh_idle_seconds", "refresh_absolute_seconds"])
async def test_a_life_too_short_to_be_of_use_is_refused(shop: Shop, name: str):
    with pytest.raises(AssertionError, match=name):
        await shop.another(**{name: 59})
