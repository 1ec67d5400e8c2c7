"""RFC 9700 §4.14, Refresh Token Protection (§4.14.2)."""

import pytest

from limen.identity.administrators import SYSTEM
from tests.integration.tokens.kit import EMAIL, PASSWORD, Shop, error

pytestmark = pytest.mark.anyio


async def test_s4_14_2_one_is_issued_only_where_it_was_asked_for_and_allowed(shop: Shop):
    assert "refresh_token" not in await shop.tokens(scope="openid")
    without = await shop.another(grant_types=("authorization_code",))
    assert "refresh_token" not in await shop.tokens(without)


async def test_s4_14_2_it_is_bound_to_scope_and_resource_that_were_consented_to(shop: Shop):
    token = (await shop.tokens(scope="openid offline_access"))["refresh_token"]
    assert error(await shop.refresh(token, scope="openid orders")) == (400, "invalid_scope")
    assert error(await shop.refresh(token, resource="https://elsewhere.example")) == (400, "invalid_target")


async def test_s4_14_2_a_stolen_one_is_worth_nothing_without_its_client(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert error(await shop.post("/token", form)) == (401, "invalid_client")
    assert (await shop.refresh(token)).status_code == 200


async def test_s4_14_2_another_client_that_has_one_ends_the_grant(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    assert error(await shop.refresh(token, await shop.another())) == (400, "invalid_grant")
    assert error(await shop.refresh(token)) == (400, "invalid_grant")


async def test_s4_14_2_reuse_is_detected_and_ends_the_grant(shop: Shop):
    oldest = (await shop.tokens())["refresh_token"]
    newest = (await shop.refresh(oldest)).json()["refresh_token"]
    shop.house.clock.advance(60)
    assert error(await shop.refresh(oldest)) == (400, "invalid_grant")
    assert error(await shop.refresh(newest)) == (400, "invalid_grant")


async def test_s4_14_2_it_expires_when_it_was_not_used_for_a_while(shop: Shop):
    auth = await shop.another(refresh_idle_seconds=600)
    token = (await shop.tokens(auth))["refresh_token"]
    shop.house.clock.advance(601)
    assert error(await shop.refresh(token, auth)) == (400, "invalid_grant")


async def test_s4_14_2_a_change_of_password_ends_it(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    walker = shop.house.walker()
    await walker.recover(EMAIL, PASSWORD + " anew")
    assert error(await shop.refresh(token)) == (400, "invalid_grant")


async def test_s4_14_2_the_end_of_the_account_ends_it(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    await shop.house.administration().delete(shop.customer.id, SYSTEM)
    assert error(await shop.refresh(token)) == (400, "invalid_grant")
