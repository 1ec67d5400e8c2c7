"""OpenID Connect Back-Channel Logout 1.0, clause by clause."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from sqlalchemy import select

from limen.access.outgoing import Notice
from limen.identity.administrators import SYSTEM
from limen.kernel.errors import Refusal
from limen.storage.schema.processes import outbox
from tests.integration.tokens.kit import Shop, claims
from tests.support.house import GOODBYE
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio
HEARS = "https://shop.example/heard"
ANOTHER = "https://books.example/heard"
AT_WORK = select(outbox.c.lease_owner).where(outbox.c.state == "waiting")
EVENT = "http://schemas.openid.net/event/backchannel-logout"


async def heard(shop: Shop) -> list[tuple[str, Notice]]:
    """What relying parties were told, once nothing waits in the outbox."""
    await shop.house.mails()
    return shop.house.web.posted


async def tried(shop: Shop, times: int = 1) -> list[tuple[str, Notice]]:
    """What a party that does not take it was told, once it was told so many *times*, or nothing is left to tell."""
    posted, database = shop.house.web.posted, shop.house.storage.database
    async with asyncio.timeout(PATIENCE):
        while len(posted) < times:
            async with database.platform() as connection:
                at_work = set((await connection.execute(AT_WORK)).scalars())
            if not at_work:
                break
            if at_work == {""}:  # nobody: it waits for its next attempt
                shop.house.clock.advance(10 if posted else 0)
                for told in database.on_commit:  # the outbox is looked at as after any commit
                    told((), True)
            await asyncio.sleep(0.005)
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
    assert len(await tried(shop)) == 1
    first, second = (token_in(notice) for _, notice in (await tried(shop, 2))[:2])
    assert claims(first)["jti"] != claims(second)["jti"]
    assert claims(second)["iat"] > claims(first)["iat"]


async def test_s2_5_every_party_of_the_session_hears_and_nobody_else(shop: Shop):
    one, two = await listener(shop), await listener(shop, ANOTHER)
    await listener(shop, "https://stranger.example/heard")
    tokens = await shop.tokens(one)
    await shop.tokens(two)
    await sign_out(shop, tokens)
    assert sorted(address for address, _ in await heard(shop)) == [ANOTHER, HEARS]


async def test_s2_5_a_session_that_ended_is_told_of_once(shop: Shop):
    auth = await listener(shop)
    tokens = await shop.tokens(auth)
    await sign_out(shop, tokens)
    await heard(shop)
    await sign_out(shop, tokens)
    assert len(await heard(shop)) == 1


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
    await tried(shop)
    async with shop.house.storage.database.begin(shop.tenant.id) as unit:
        client = await unit.clients.get(auth[0])
        await unit.clients.delete(client.key)
        unit.change("client", auth[0])
    assert len(await tried(shop, 2)) == 1


async def test_a_party_without_a_back_channel_costs_no_delivery(shop: Shop):
    await sign_out(shop, await shop.tokens())
    assert await heard(shop) == []
