"""Passwords tried over HTTP: who is slowed, made to work and refused, at the configured numbers, and who is not."""

import asyncio
import base64
import hashlib
import json
from html import unescape

import pytest

from limen.identity.tenants.attacks import AttackSettings
from tests.integration.attacks.kit import set_up
from tests.integration.journeys.test_safe_changes import sign_out
from tests.support.house import PASSWORD, code_in, says
from tests.support.traces import trace_of

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
WRONG = "wrong horse battery staple"
WORK = says("error.proof_needed")


def proof_in(page) -> str:
    """Solve what a page asks for, as its script would."""
    text = page.text.partition('data-proof="')[2].partition('"')[0]
    asked = json.loads(unescape(text))
    number = next(
        n
        for n in range(asked["maxnumber"] + 1)
        if hashlib.sha256(f"{asked['salt']}{n}".encode()).hexdigest() == asked["challenge"]
    )
    answer = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
    return base64.b64encode(json.dumps(answer).encode()).decode()


@pytest.fixture
async def guarded(house):
    await set_up(house, attacks=AttackSettings(address_proof=3, address_block=6, attack_failures=8, work=1_000))
    await house.customer(ANN)
    return house


async def fails(house, number, address="192.0.2.7", password=WRONG):
    for _ in range(number):
        await house.walker(address=address).sign_in(f"nobody{house.clock.now()}@example.com", password)
        house.clock.advance(0.001)


async def test_an_address_that_fails_three_times_works_and_six_times_waits(guarded):
    await set_up(guarded, attacks=AttackSettings(address_proof=3, address_block=6, work=1_000))
    await fails(guarded, 2)
    assert (await guarded.walker().sign_in(ANN, PASSWORD)).path == "/account"
    await fails(guarded, 1)
    walker = guarded.walker()
    with guarded.watching() as trace:
        page = await walker.sign_in(ANN, PASSWORD)
    assert (page.status, page.notices[0], trace.hashes) == (400, WORK, 0)
    assert page.fields["email"] == ANN
    page = await walker.post(page, email=ANN, password=PASSWORD, proof=proof_in(page))
    assert page.path == "/account"
    for number in range(3):
        walker = guarded.walker()
        page = await walker.sign_in(f"x{number}@example.com", WRONG)
        await walker.post(page, email=f"x{number}@example.com", password=WRONG, proof=proof_in(page))
    with guarded.watching() as trace:
        page = await guarded.walker().sign_in(ANN, PASSWORD)
    assert (page.status, trace.hashes) == (429, 0)
    assert page.notices[0] == says("error.blocked")
    assert (await guarded.walker(address="198.51.100.9").sign_in(ANN, PASSWORD)).path == "/account"
    guarded.clock.advance(1_300)
    assert (await guarded.walker().sign_in(ANN, PASSWORD)).path == "/account"


async def test_without_script_waiting_half_a_minute_is_as_good(guarded):
    await fails(guarded, 3)
    walker = guarded.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    assert says("proof.wait") in page.text
    page = await walker.post(page, email=ANN, password=PASSWORD)
    assert page.status == 400
    guarded.clock.advance(31)
    assert (await walker.post(page, email=ANN, password=PASSWORD)).path == "/account"


async def test_a_distributed_attack_raises_the_bar_for_unknown_devices_alone(guarded):
    known, home = guarded.walker(address="198.51.100.7"), guarded.walker(address="198.51.100.8")
    await known.sign_in(ANN, PASSWORD)
    await sign_out(known)
    for number in range(8):
        await fails(guarded, 1, f"203.0.{number}.1", f"{WRONG} {number}")
    stranger = guarded.walker(address="203.0.113.200")
    page = await stranger.get("/sign-in")
    page = await stranger.post(page, email=ANN, password=PASSWORD)
    assert page.notices[0] == WORK
    page = await stranger.post(page, email=ANN, password=PASSWORD, proof=proof_in(page))
    assert page.h1 == says("doubted.title")  # the right password, and not enough
    assert (await known.sign_in(ANN, PASSWORD)).path == "/account"
    page = await home.sign_in(ANN, PASSWORD)  # another device at home: work, and no doubt
    page = await home.post(page, email=ANN, password=PASSWORD, proof=proof_in(page))
    assert page.path == "/account"
    mail = (await guarded.mails(ANN))[-1]
    assert code_in(mail)
    assert "attack.recognised" in await guarded.events()


async def arrive_at_once(house, tries):
    """Let *tries*, of address of mail and password, each from a network of its own, come before any is answered."""
    walkers = [house.walker(address=f"203.0.{number}.9") for number in range(len(tries))]
    pages = [await walker.post(await walker.get("/sign-in"), email="x@example.com", password="") for walker in walkers]
    return await asyncio.gather(  # their journeys are stored: nobody waits for a key, which would put them in a row
        *(
            walker.post(page, email=email, password=password)
            for walker, page, (email, password) in zip(walkers, pages, tries, strict=True)
        )
    )


async def test_a_crowd_that_signs_in_at_once_is_let_in(guarded):
    crowd = [f"one{number}@example.com" for number in range(12)]
    for email in crowd:
        await guarded.customer(email)
    pages = await arrive_at_once(guarded, [(email, PASSWORD) for email in crowd])
    assert [page.path for page in pages] == ["/account"] * 12


async def test_of_an_attack_that_comes_at_once_a_right_password_is_doubted(guarded):
    pages = await arrive_at_once(guarded, [*((f"x{n}@example.com", WRONG) for n in range(16)), (ANN, PASSWORD)])
    assert [page.status for page in pages] == [400] * 16 + [200]
    assert pages[-1].h1 == says("doubted.title")


async def test_strangers_tries_for_one_account_come_apart_and_its_owner_walks_in(build_house):
    async with build_house(sign_in_per_identifier="off") as house:
        await set_up(house, attacks=AttackSettings(account_proof=2, attack_failures=1_000, work=1_000))
        await house.customer(ANN)
        owner = house.walker(address="198.51.100.7")
        await owner.sign_in(ANN, PASSWORD)
        await sign_out(owner)
        for number in range(2):
            await house.walker(address=f"203.0.{number}.1").sign_in(ANN, f"{WRONG} {number}")
        statuses = []
        for number in range(4):
            thief = house.walker(address=f"203.0.1{number}.1")
            page = await thief.sign_in(ANN, WRONG)
            page = await thief.post(page, email=ANN, password=f"{WRONG} {number}", proof=proof_in(page))
            statuses.append(page.status)
        assert statuses == [400, 429, 429, 429]
        assert (await owner.sign_in(ANN, PASSWORD)).path == "/account"


async def test_shadow_mode_counts_and_does_nothing(house):
    await set_up(house, attacks=AttackSettings(mode="shadow", address_proof=1, address_block=2))
    await house.customer(ANN)
    await fails(house, 4)
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"
    metrics = (await house.client("127.0.0.1").get("/metrics")).text
    assert 'limen_guarded_tries_total{outcome="shadowed",reason="address"}' in metrics


async def test_thresholds_are_checked_where_they_are_set(house):
    with pytest.raises(AssertionError, match=r"attacks\.address_proof"):
        await set_up(house, attacks=AttackSettings(address_proof=30, address_block=20))


async def test_a_guard_asks_the_same_whether_an_account_exists_or_not(guarded):
    await guarded.walker().sign_in(ANN, WRONG)  # whatever is made at the first use is there
    await fails(guarded, 2)
    await guarded.walker().sign_in("eve@example.com", WRONG)  # the first that is refused is news
    traces = {}
    for email in (ANN, "bob@example.com"):
        walker = guarded.walker()
        page = await walker.get("/sign-in")
        with guarded.watching() as watched:
            answer = await walker.raw_post(page, email=email, password=PASSWORD)
        traces[email] = trace_of(watched, answer, email)
    for trace in traces.values():
        del trace["body"]  # it holds a challenge, which is another each time
    assert traces[ANN] == traces["bob@example.com"]
