"""Refreshing, over HTTP and with the configured numbers (RFC 6749 §6, RFC 9700 §4.14)."""

import asyncio

import msgspec
import pytest

from limen.app.basis import tenancy
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.management import TenantChange
from limen.identity.tenants.records import Lifetimes, TenantSettings
from tests.integration.tokens.kit import Shop, claims, error

pytestmark = pytest.mark.anyio
GRACE = Lifetimes().refresh_grace


async def lifetimes(shop: Shop, **changes: int) -> None:
    settings = TenantSettings(lifetimes=msgspec.structs.replace(Lifetimes(), **changes))
    made = tenancy(shop.house.basis, shop.house.tenant)
    changed = await made.update(shop.tenant.slug, TenantChange(settings=settings), SYSTEM)
    assert changed.settings.lifetimes == settings.lifetimes


async def test_each_refresh_gives_another_refresh_token_that_works(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    seen = {token}
    for _ in range(4):
        token = (await shop.refresh(token)).json()["refresh_token"]
        seen.add(token)
    assert len(seen) == 5


async def test_a_retry_within_the_grace_gets_the_same_refresh_token_and_a_working_access_token(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    first = (await shop.refresh(token)).json()
    shop.house.clock.advance(GRACE)
    again = (await shop.refresh(token)).json()
    assert again["refresh_token"] == first["refresh_token"]
    assert again["access_token"] != first["access_token"]
    assert await shop.is_active(again["access_token"])
    assert (await shop.refresh(first["refresh_token"])).status_code == 200


async def test_a_reuse_after_the_grace_burns_the_family(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    first = (await shop.refresh(token)).json()
    shop.house.clock.advance(GRACE + 1)
    assert error(await shop.refresh(token)) == (400, "invalid_grant")
    assert error(await shop.refresh(first["refresh_token"])) == (400, "invalid_grant")
    assert not await shop.is_active(first["access_token"])


async def test_the_configured_grace_is_the_one_that_counts(shop: Shop):
    await lifetimes(shop, refresh_grace=40)
    token = (await shop.tokens())["refresh_token"]
    await shop.refresh(token)
    shop.house.clock.advance(39)
    assert (await shop.refresh(token)).status_code == 200
    shop.house.clock.advance(2)
    assert error(await shop.refresh(token)) == (400, "invalid_grant")


async def test_without_a_grace_every_retry_burns_the_family(shop: Shop):
    await lifetimes(shop, refresh_grace=0)
    token = (await shop.tokens())["refresh_token"]
    successor = (await shop.refresh(token)).json()["refresh_token"]
    shop.house.clock.advance(0.001)
    assert error(await shop.refresh(token)) == (400, "invalid_grant")
    assert error(await shop.refresh(successor)) == (400, "invalid_grant")


async def test_a_token_two_generations_old_burns_the_family_even_within_the_grace(shop: Shop):
    oldest = (await shop.tokens())["refresh_token"]
    middle = (await shop.refresh(oldest)).json()["refresh_token"]
    newest = (await shop.refresh(middle)).json()["refresh_token"]
    assert error(await shop.refresh(oldest)) == (400, "invalid_grant")
    assert error(await shop.refresh(newest)) == (400, "invalid_grant")


async def test_a_reuse_is_told_to_whoever_must_reconstruct(shop: Shop):
    tokens = await shop.tokens()
    await shop.refresh(tokens["refresh_token"])
    shop.house.clock.advance(GRACE + 1)
    await shop.refresh(tokens["refresh_token"])
    family = claims(tokens["access_token"])["fid"]
    (record,) = await shop.told("refresh.reused")
    assert (record["outcome"], record["client"], record["data"]["family"]) == ("refused", shop.client_id, family)


async def test_forty_at_once_get_one_and_the_same_successor(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    answers = await asyncio.gather(*(shop.refresh(token) for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert len({answer.json()["access_token"] for answer in answers}) == 40
    assert (await shop.refresh(answers[0].json()["refresh_token"])).status_code == 200


async def test_every_refresh_leaves_one_record_and_a_retry_says_that_it_was_one(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    await shop.refresh(token)
    await shop.refresh(token)
    records = await shop.told("token.refreshed")
    assert [(record["outcome"], record["reason"]) for record in records] == [("success", ""), ("success", "retried")]


async def test_another_client_that_presents_the_token_burns_the_family(shop: Shop):
    other = await shop.another()
    token = (await shop.tokens())["refresh_token"]
    assert error(await shop.refresh(token, other)) == (400, "invalid_grant")
    assert error(await shop.refresh(token)) == (400, "invalid_grant")


async def test_a_client_whose_rotation_is_off_keeps_its_token(shop: Shop):
    auth = await shop.another(rotate_refresh_tokens=False)
    token = (await shop.tokens(auth))["refresh_token"]
    for _ in range(3):
        shop.house.clock.advance(60)
        answer = await shop.refresh(token, auth)
        assert (answer.status_code, answer.json()["refresh_token"]) == (200, token)


async def test_a_client_whose_rotation_is_off_and_that_is_busy_does_not_go_idle(shop: Shop):
    await lifetimes(shop, refresh_idle=3_600)
    auth = await shop.another(rotate_refresh_tokens=False)
    token = (await shop.tokens(auth))["refresh_token"]
    for _ in range(3):
        shop.house.clock.advance(3_000)
        assert (await shop.refresh(token, auth)).status_code == 200
    shop.house.clock.advance(3_601)
    assert error(await shop.refresh(token, auth)) == (400, "invalid_grant")


async def test_a_client_whose_rotation_is_switched_off_keeps_what_it_holds_and_an_older_token_burns_it(shop: Shop):
    oldest = (await shop.tokens())["refresh_token"]
    current = (await shop.refresh(oldest)).json()["refresh_token"]
    await shop.house.change_client(shop.client_id, rotate_refresh_tokens=False)
    assert (await shop.refresh(current)).json()["refresh_token"] == current
    assert error(await shop.refresh(oldest)) == (400, "invalid_grant")
    assert error(await shop.refresh(current)) == (400, "invalid_grant")


async def test_forty_at_once_without_rotation_are_all_answered(shop: Shop):
    auth = await shop.another(rotate_refresh_tokens=False)
    token = (await shop.tokens(auth))["refresh_token"]
    answers = await asyncio.gather(*(shop.refresh(token, auth) for _ in range(40)))
    assert {(answer.status_code, answer.json()["refresh_token"]) for answer in answers} == {(200, token)}


async def test_a_public_client_rotates_even_where_its_registration_says_otherwise(shop: Shop):
    """RFC 9700 §2.2.2: refresh tokens of public clients are sender-constrained or rotate."""
    client_id, _ = await shop.another(token_endpoint_auth_method="none", rotate_refresh_tokens=False)
    token = (await shop.tokens((client_id, "")))["refresh_token"]
    assert (await shop.refresh(token, (client_id, ""))).json()["refresh_token"] != token


async def test_a_public_client_redeems_and_refreshes_without_a_secret(shop: Shop):
    client_id, _ = await shop.another(token_endpoint_auth_method="none")
    tokens = await shop.tokens((client_id, ""))
    refreshed = (await shop.refresh(tokens["refresh_token"], (client_id, ""))).json()
    assert claims(refreshed["access_token"])["client_id"] == client_id


async def test_a_narrower_scope_narrows_the_access_token_and_not_the_grant(shop: Shop):
    token = (await shop.tokens(scope="openid orders offline_access"))["refresh_token"]
    narrow = (await shop.refresh(token, scope="orders")).json()
    assert (narrow["scope"], "id_token" in narrow) == ("orders", False)
    assert claims(narrow["access_token"])["scope"] == "orders"
    wide = (await shop.refresh(narrow["refresh_token"])).json()
    assert wide["scope"] == "openid orders offline_access"


@pytest.mark.parametrize("scope", ["profile", "orders unknown", "orders  openid", "\u00e9"])
async def test_a_wider_or_malformed_scope_is_refused_and_does_not_spend_the_token(shop: Shop, scope: str):
    token = (await shop.tokens(scope="openid orders offline_access"))["refresh_token"]
    assert error(await shop.refresh(token, scope=scope)) == (400, "invalid_scope")
    assert await shop.told("token.refreshed") == []
    assert (await shop.refresh(token)).status_code == 200


async def test_a_scope_that_was_withdrawn_from_the_client_is_not_given_again(shop: Shop):
    token = (await shop.tokens(scope="openid orders offline_access"))["refresh_token"]
    await shop.house.change_client(shop.client_id, scopes=("openid", "profile", "offline_access"))
    refreshed = (await shop.refresh(token)).json()
    assert refreshed["scope"] == "openid offline_access"
    assert error(await shop.refresh(refreshed["refresh_token"], scope="orders")) == (400, "invalid_scope")


async def test_without_offline_access_there_is_no_refresh_token(shop: Shop):
    assert "refresh_token" not in await shop.tokens(scope="openid orders")


async def test_a_client_without_the_grant_type_gets_no_refresh_token_and_may_not_use_one(shop: Shop):
    auth = await shop.another(grant_types=("authorization_code",))
    assert "refresh_token" not in await shop.tokens(auth)
    token = (await shop.tokens())["refresh_token"]
    assert error(await shop.refresh(token, auth)) == (400, "unauthorized_client")
    assert (await shop.refresh(token)).status_code == 200


async def test_a_family_that_was_idle_for_too_long_is_over(shop: Shop):
    await lifetimes(shop, refresh_idle=3_600)
    token = (await shop.tokens())["refresh_token"]
    shop.house.clock.advance(3_599)
    token = (await shop.refresh(token)).json()["refresh_token"]
    shop.house.clock.advance(3_601)
    assert error(await shop.refresh(token)) == (400, "invalid_grant")
    assert len(await shop.told("refresh.expired")) == 1


async def test_a_family_ends_after_its_absolute_life_however_busy_it_is(shop: Shop):
    await lifetimes(shop, refresh_idle=3_600, refresh_absolute=7_200)
    token = (await shop.tokens())["refresh_token"]
    for _ in range(2):
        shop.house.clock.advance(3_000)
        token = (await shop.refresh(token)).json()["refresh_token"]
    shop.house.clock.advance(1_300)
    assert error(await shop.refresh(token)) == (400, "invalid_grant")
