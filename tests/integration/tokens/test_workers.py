"""What counts once counts once for all workers: on SQLite, on PostgreSQL, and for two workers that share a Valkey.

The two workers are two whole applications over one PostgreSQL and one keyring; nothing else is common to them, and the
second's clock is two seconds behind.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import msgspec
import pytest

from limen.access.tokens.waiting import WaitingKind
from limen.app.settings.sections.serving import CacheSection
from limen.identity.administrators import SYSTEM
from limen.kernel.secret import Secret
from tests.contract.world import build, build_keys
from tests.integration.tokens.kit import EMAIL, Shop, error, open_shop
from tests.integration.tokens.proofs import Prover
from tests.integration.tokens.strict import JWKS, Strict
from tests.support import house as houses
from tests.support.entropy import SeededEntropy
from tests.support.house import CALLBACK, PASSWORD, HouseClock, copy_files, open_house
from tests.support.postgres import Template
from tests.support.walker import VERIFIER

pytestmark = pytest.mark.anyio
DEVICE, CIBA = WaitingKind.DEVICE.value, WaitingKind.BACKCHANNEL.value
BEHIND = 2
A_SECOND = 1.000_001
"""In which every worker knows, whether it was told or not; a whole one is lost in the rounding of its clock."""
Call = Callable[[Shop], Awaitable[httpx2.Response]]


class Workers:
    """One shop as each worker sees it."""

    def __init__(self, *shops: Shop) -> None:
        self.shops = shops
        self.first, self.last = shops[0], shops[-1]

    async def at_once(self, times: int, call: Call) -> list[httpx2.Response]:
        """Call all workers at the same time, in turn."""
        turns = cycle(self.shops)
        return list(await asyncio.gather(*(call(next(turns)) for _ in range(times))))

    def advance(self, seconds: float) -> None:
        for shop in self.shops:
            shop.house.clock.advance(seconds)


@asynccontextmanager
async def two_workers(folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[Workers]:
    databases = request.getfixturevalue("postgres_url")
    cache = CacheSection(url=Secret(request.getfixturevalue("valkey_url").replace("redis:", "valkey:", 1)))
    patch = request.getfixturevalue("monkeypatch")
    plain = houses.settings_in
    patch.setattr(houses, "settings_in", lambda *a, **k: msgspec.structs.replace(plain(*a, **k), cache=cache))
    urls = await asyncio.to_thread(
        lambda: (databases(Template("contract", build)), databases(Template("contract_keys", build_keys)))
    )
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(folder, *urls))
        behind = HouseClock(house.clock.now() - BEHIND * 1_000_000)
        other = await stack.enter_async_context(open_house(folder, *urls, clock=behind, entropy=SeededEntropy(1)))
        shop = await stack.enter_async_context(open_shop(house))
        behind.advance((house.clock.now() - behind.now()) / 1_000_000 - BEHIND)
        http = await stack.enter_async_context(other.client())
        walker = other.walker()
        stack.push_async_callback(walker.http.aclose)
        walker.carry(shop.walker.cookie)
        yield Workers(shop, Shop(other, shop.auth, http, walker, shop.customer, shop.tenant))
    await asyncio.to_thread(lambda: [databases.drop(url) for url in urls])


@pytest.fixture(params=["sqlite", "postgresql", "two workers"])
async def workers(anyio_backend, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Workers]:
    if request.param == "two workers":
        async with two_workers(tmp_path, request) as workers:
            yield workers
    elif request.param == "sqlite":
        copy_files(request.getfixturevalue("house_files"), tmp_path)
        async with open_house(tmp_path) as house, open_shop(house) as shop:
            yield Workers(shop)
    else:
        databases = request.getfixturevalue("postgres_url")
        urls = await asyncio.to_thread(
            lambda: (databases(Template("contract", build)), databases(Template("contract_keys", build_keys)))
        )
        async with open_house(tmp_path, *urls) as house, open_shop(house) as shop:
            yield Workers(shop)
        await asyncio.to_thread(lambda: [databases.drop(url) for url in urls])


def won(answers: list[httpx2.Response]) -> list[dict[str, Any]]:
    """What was given to those who got something; nobody saw a fault."""
    assert {answer.status_code for answer in answers} <= {200, 201, 400, 401}, [answer.text for answer in answers]
    return [answer.json() for answer in answers if answer.status_code < 300]


async def test_a_client_assertion_counts_once(workers: Workers):
    client_id, _ = await workers.first.machine(token_endpoint_auth_method="private_key_jwt", jwks=JWKS)
    own = {"grant_type": "client_credentials"}
    strict = Strict(workers.first, client_id, Prover(workers.first.house.clock))
    form = {**own, **strict.proven()}
    answers = await workers.at_once(12, lambda shop: shop.post("/token", form))
    assert len(won(answers)) == 1
    assert error(await workers.last.post("/token", form)) == (401, "invalid_client")
    assert (await workers.last.post("/token", {**own, **strict.proven()})).status_code == 200


async def test_a_proof_of_possession_counts_once(workers: Workers):
    auth, headers = await workers.first.machine(), Prover(workers.first.house.clock).header()
    own = {"grant_type": "client_credentials"}
    answers = await workers.at_once(12, lambda shop: shop.post("/token", own, auth, headers=headers))
    assert len(won(answers)) == 1
    workers.advance(30)
    assert error(await workers.last.post("/token", own, auth, headers=headers)) == (400, "invalid_dpop_proof")


async def test_a_pushed_request_gives_one_code(workers: Workers):
    shop = workers.first
    uri = (await shop.post("/par", shop.walker.request(shop.client_id), shop.auth)).json()["request_uri"]
    asked = f"/authorize?{urlencode({'client_id': shop.client_id, 'request_uri': uri})}"
    pages = await asyncio.gather(*(one.walker.get(asked) for one in workers.shops * 4))
    assert sum("code" in page.answer for page in pages) == 1
    assert {page.status for page in pages} <= {302, 303, 410}


async def test_a_code_gives_tokens_once_and_a_second_use_burns_them(workers: Workers):
    code = await workers.first.code()
    answers = await workers.at_once(12, lambda shop: shop.redeem(code))
    (tokens,) = won(answers)
    assert (await workers.last.refresh(tokens["refresh_token"])).status_code == 400
    assert not await workers.first.is_active(tokens["access_token"])
    assert not await workers.last.is_active(tokens["access_token"])


async def test_a_refresh_token_has_one_successor(workers: Workers):
    token = (await workers.first.tokens())["refresh_token"]
    answers = won(await workers.at_once(12, lambda shop: shop.refresh(token)))
    (successor,) = {answer["refresh_token"] for answer in answers}
    assert (await workers.last.refresh(successor)).status_code == 200
    workers.advance(11)
    assert error(await workers.first.refresh(token)) == (400, "invalid_grant")
    assert error(await workers.last.refresh(successor)) == (400, "invalid_grant")


async def test_a_bound_refresh_token_is_used_with_its_key_everywhere(workers: Workers):
    client_id, _ = await workers.first.another(token_endpoint_auth_method="none")
    prover = Prover(workers.first.house.clock)
    form = {"grant_type": "authorization_code", "code": await workers.first.code(client_id), "client_id": client_id}
    form |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    token = (await workers.last.post("/token", form, headers=prover.header())).json()["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client_id}
    thief = Prover(workers.first.house.clock)
    assert (await workers.first.post("/token", again, headers=thief.header())).status_code == 400
    assert (await workers.first.post("/token", again, headers=prover.header())).status_code == 200


async def test_a_device_gets_its_tokens_once(workers: Workers):
    shop = workers.first
    client_id, _ = await shop.another(grant_types=(DEVICE,), redirect_uris=(), token_endpoint_auth_method="none")
    begun = (await shop.post("/device_authorization", {"client_id": client_id, "scope": "openid"})).json()
    form = {"grant_type": DEVICE, "device_code": begun["device_code"], "client_id": client_id}
    assert error(await workers.last.post("/token", form)) == (400, "authorization_pending")
    page = await workers.last.walker.post(await workers.last.walker.get("/device"), user_code=begun["user_code"])
    await workers.last.walker.post(page, decision="continue")
    workers.advance(10)
    assert len(won(await workers.at_once(12, lambda one: one.post("/token", form)))) == 1


async def test_ciba_gives_its_tokens_once(workers: Workers):
    shop = workers.first
    auth = await shop.another(grant_types=(CIBA,), redirect_uris=(), backchannel_token_delivery_mode="poll")
    asked = {"scope": "openid", "login_hint": "ann@example.com", "binding_message": "W4SCT"}
    begun = (await shop.post("/bc-authorize", asked, auth)).json()
    form = {"grant_type": CIBA, "auth_req_id": begun["auth_req_id"]}
    assert error(await workers.last.post("/token", form, auth)) == (400, "authorization_pending")
    page = await workers.last.walker.get("/approve")
    assert "W4SCT" in page.text
    await workers.last.walker.post(page, decision="continue")
    workers.advance(10)
    assert len(won(await workers.at_once(12, lambda one: one.post("/token", form, auth)))) == 1


async def test_a_revocation_at_one_worker_is_seen_at_the_other_within_a_second(workers: Workers):
    tokens = await workers.first.tokens()
    assert await workers.last.is_active(tokens["access_token"])
    await workers.first.revoke(tokens["access_token"])
    assert not await workers.first.is_active(tokens["access_token"])
    workers.advance(A_SECOND)
    assert not await workers.last.is_active(tokens["access_token"])


async def sign_out(shop: Shop) -> None:
    await shop.walker.post(await shop.walker.get("/logout"), decision="sign_out")


async def end_the_device(shop: Shop) -> None:
    elsewhere = shop.house.walker()
    await elsewhere.sign_in(EMAIL, PASSWORD)
    page = await elsewhere.get("/account/devices")
    (form,) = [form for form in page.forms if ("intent", "end_device") in form.buttons]
    await elsewhere.post(page, form=form, intent="end_device")
    await elsewhere.http.aclose()


async def end_everything(shop: Shop) -> None:
    await shop.house.administration(shop.tenant).sign_out_everywhere(shop.customer.id, SYSTEM)


async def disable(shop: Shop) -> None:
    await shop.house.administration(shop.tenant).disable(shop.customer.id, SYSTEM)


async def test_every_end_of_a_session_at_one_worker_is_seen_at_the_other_within_a_second(workers: Workers):
    first, last = workers.first, workers.last
    for end in (sign_out, end_the_device, end_everything, disable):
        await first.walker.sign_in(EMAIL, PASSWORD)
        last.walker.carry(first.walker.cookie)
        tokens = await first.tokens()
        assert await last.is_active(tokens["access_token"]), end
        await end(first)
        workers.advance(A_SECOND)
        for shop in workers.shops:
            assert not await shop.is_active(tokens["access_token"]), end
            assert (await shop.userinfo(tokens["access_token"])).status_code == 401, end
        assert error(await last.refresh(tokens["refresh_token"])) == (400, "invalid_grant"), end
        assert (await last.walker.authorize(last.client_id, prompt="none")).answer["error"] == "login_required", end


async def test_clients_whose_clocks_differ_are_understood_as_far_as_they_may(workers: Workers):
    client_id, _ = await workers.first.machine(token_endpoint_auth_method="private_key_jwt", jwks=JWKS)
    strict, own = (
        Strict(workers.first, client_id, Prover(workers.first.house.clock)),
        {"grant_type": "client_credentials"},
    )
    for seconds, is_taken in ((-20, True), (0, True), (25, True), (70, False)):
        for shop in workers.shops:
            at = strict.now + seconds
            answer = await shop.post("/token", {**own, **strict.proven(iat=at, nbf=at, exp=at + 60)})
            assert (answer.status_code == 200) is is_taken, seconds
    auth = await workers.first.machine()
    for seconds, is_taken in ((-60, True), (0, True), (25, True), (70, False), (-400, False)):
        for shop in workers.shops:
            headers = strict.prover.header(iat=strict.now + seconds)
            answer = await shop.post("/token", own, auth, headers=headers)
            assert (answer.status_code == 200) is is_taken, seconds


async def test_what_one_worker_issued_its_slower_neighbour_takes_at_once(workers: Workers):
    tokens = await workers.first.tokens()
    assert await workers.last.is_active(tokens["access_token"])
    assert (await workers.last.userinfo(tokens["access_token"])).status_code == 200
    code = await workers.first.code()
    assert (await workers.last.redeem(code)).status_code == 200
