"""OpenID Connect Back-Channel Logout 1.0, clause by clause."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from limen.access.outgoing import Notice
from limen.identity.administrators import SYSTEM
from limen.kernel.errors import Refusal
from tests.integration.tokens.kit import Shop, claims
from tests.support.house import GOODBYE

pytestmark = pytest.mark.anyio
HEARS = "https://shop.example/heard"
ANOTHER = "https://books.example/heard"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


async def heard(shop: Shop, at_least: int = 1) -> list[tuple[str, Notice]]:
    """What relying parties were told, once *at_least* so many were."""
    posted = shop.house.web.posted
    for _ in range(200):
        if len(posted) >= at_least:
            break
        await asyncio.sleep(0.01)
        if posted:
            shop.house.clock.advance(10)  # towards another attempt
        for told in shop.house.storage.database.on_commit:  # the outbox is looked at as after any commit
            told((), True)
    return posted


def token_in(notice: Notice) -> str:
    (token,) = parse_qs(notice.body.decode(), strict_parsing=True)["logout_token"]
    return token


async def listener(shop: Shop, address: str = HEARS, **document: object) -> tuple[str, str]:
    return await shop.another(backchannel_logout_uri=address, **document)


async def sign_out(shop: Shop, tokens: dict) -> None:
    page = await shop.walker.get("/logout", id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE)
    assert page.status in {200, 302, 303}


async def test_s2_1_discovery_says_that_it_is_served(shop: Shop):
    metadata = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True


async def test_s2_4_the_token_says_what_ended_and_verifies_by_the_published_keys(shop: Shop):
    auth = await listener(shop)
    tokens = await shop.tokens(auth)
    await sign_out(shop, tokens)
    [(address, notice)] = await heard(shop)
    assert address == HEARS
    assert notice.media_type == "application/x-www-form-urlencoded"
    keys = KeySet.import_key_set((await shop.http.get("/jwks")).json())
    verified = jws.deserialize_compact(token_in(notice), keys)
    assert verified.headers()["typ"] == "logout+jwt"
    said = json.loads(verified.payload)
    now = shop.house.clock.now() // 1_000_000
    identity = claims(tokens["id_token"])
    assert (said["iss"], said["aud"], said["sub"]) == (identity["iss"], auth[0], identity["sub"])
    assert said["sid"] == identity["sid"]
    assert said["events"] == {EVENT: {}}
    assert 0 < said["exp"] - now <= 120
    assert said["jti"]
    assert "nonce" not in said


async def test_s2_4_a_client_with_pairwise_subjects_hears_its_own(shop: Shop):
    tokens = await shop.tokens(await listener(shop, subject_type="pairwise"))
    await sign_out(shop, tokens)
    [(_, notice)] = await heard(shop)
    assert claims(token_in(notice))["sub"] == claims(tokens["id_token"])["sub"] != shop.customer.subject


async def test_s2_4_each_attempt_carries_a_token_of_its_own(shop: Shop):
    shop.house.web.statuses[HEARS] = 503
    await sign_out(shop, await shop.tokens(await listener(shop)))
    assert len(await heard(shop)) == 1
    first, second = (token_in(notice) for _, notice in (await heard(shop, 2))[:2])
    assert claims(first)["jti"] != claims(second)["jti"]
    assert claims(second)["iat"] > claims(first)["iat"]


async def test_s2_5_every_party_of_the_session_hears_and_nobody_else(shop: Shop):
    one, two = await listener(shop), await listener(shop, ANOTHER)
    await listener(shop, "https://stranger.example/heard")
    tokens = await shop.tokens(one)
    await shop.tokens(two)
    await sign_out(shop, tokens)
    assert sorted(address for address, _ in await heard(shop, 2)) == [ANOTHER, HEARS]


async def test_s2_5_a_session_that_ended_is_told_of_once(shop: Shop):
    auth = await listener(shop)
    tokens = await shop.tokens(auth)
    await sign_out(shop, tokens)
    await heard(shop)
    await sign_out(shop, tokens)
    await asyncio.sleep(0.05)
    assert len(shop.house.web.posted) == 1


async def test_s2_5_ending_everything_of_a_customer_is_told_too(shop: Shop):
    await shop.tokens(await listener(shop))
    administration = shop.house.administration()
    assert not isinstance(await administration.sign_out_everywhere(shop.customer.id, SYSTEM), Refusal)
    [(_, notice)] = await heard(shop)
    assert claims(token_in(notice))["sub"] == shop.customer.subject


async def test_s2_7_refresh_tokens_of_the_session_end(shop: Shop):
    auth = await listener(shop)
    tokens = await shop.tokens(auth)
    await sign_out(shop, tokens)
    assert (await shop.refresh(tokens["refresh_token"], auth)).json()["error"] == "invalid_grant"


async def test_a_client_that_is_gone_is_not_told(shop: Shop):
    auth = await listener(shop)
    tokens = await shop.tokens(auth)
    shop.house.web.statuses[HEARS] = 503
    await sign_out(shop, tokens)
    await heard(shop)
    async with shop.house.storage.database.begin(shop.tenant.id) as unit:
        client = await unit.clients.get(auth[0])
        await unit.clients.delete(client.key)
        unit.change("client", auth[0])
    await heard(shop, 2)
    assert len(shop.house.web.posted) == 1


async def test_a_party_without_a_back_channel_costs_no_delivery(shop: Shop):
    await sign_out(shop, await shop.tokens())
    await asyncio.sleep(0.05)
    assert shop.house.web.posted == []
