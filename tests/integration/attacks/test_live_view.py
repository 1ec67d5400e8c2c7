"""Seeing an attack while it happens, on the page and over the API, and doing something about it."""

import re

import pytest

from limen.identity.administrators import Role
from limen.identity.tenants.attacks import AttackSettings
from limen.trust.threats.feeds import feed_of
from limen.trust.threats.networks import RangeTable, ranges_of
from limen.trust.threats.reputation import Loaded
from tests.integration.attacks.kit import set_up
from tests.integration.attacks.test_guessing import WRONG
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ANN, BOSS = "ann@example.com", "boss@example.com"
BAD = "203.0.113.9"


@pytest.fixture
async def boss(house):
    """An administrator, signed in."""
    customer = await house.customer(BOSS)
    async with house.storage.database.begin(house.tenant.id) as unit:
        await unit.administrators.appoint(customer.id, Role.PLATFORM.value, house.clock.now())
    walker = house.walker(address="198.51.100.20")
    await walker.sign_in(BOSS, PASSWORD)
    return walker


async def attacked(house, tries=8):
    await set_up(house, attacks=AttackSettings(attack_failures=5, work=1_000))
    for number in range(tries):
        await house.walker(address=BAD).sign_in(f"nobody{number}@example.com", f"{WRONG} {number}")


def figures(page):
    """The three figures of the last hour."""
    shown = [(name, says(f"security.figure.{name}")) for name in ("attempts", "challenges", "blocks")]
    return {name: int(re.search(f"<dt>{word}</dt><dd>([0-9]+)</dd>", page.text)[1]) for name, word in shown}


async def test_an_operator_sees_an_attack_and_blocks_its_network(house, boss):
    await house.customer(ANN)
    assert says("security.lead.calm") in (await boss.get("/admin/security")).text
    await attacked(house)
    page = await boss.get("/admin/security")
    assert (page.status, page.h1) == (200, says("security.title"))
    assert says("security.lead.attack") in page.text
    assert 'class="chart__wrong"' in page.text
    assert figures(page) == {"attempts": 8 + 1, "challenges": 3, "blocks": 0}
    assert page.headers["refresh"] == "15"
    form = next(form for form in page.forms if form.fields.get("network") == "203.0.113.0/24")
    page = await boss.post(page, form=form, intent="block")
    await house.storage.feed.poll()
    assert (page.path, page.status) == ("/admin/security", 200)
    thief = await house.walker(address=BAD).sign_in(ANN, PASSWORD)
    assert (thief.status, thief.notices[0]) == (429, says("error.blocked"))
    assert figures(await boss.get("/admin/security")) == {"attempts": 8 + 2, "challenges": 3, "blocks": 1}
    page = await boss.get("/admin/security?refresh=off")
    assert "refresh" not in page.headers
    form = [form for form in page.forms if form.fields.get("network") == "203.0.113.0/24"][-1]
    await boss.post(page, form=form, intent="unblock")
    assert "tenant.updated" in await house.events()


async def test_the_bar_is_raised_and_lowered_by_one_press(house, boss):
    await house.customer(ANN)
    await set_up(house, attacks=AttackSettings(work=1_000))
    page = await boss.get("/admin/security")
    page = await boss.post(page, form=page.forms[0], intent="raise")
    await house.storage.feed.poll()
    stranger = house.walker(address=BAD)
    assert 'data-proof="' in (await stranger.get("/sign-in")).text
    page = await boss.get("/admin/security")
    assert says("security.lead.raised") in page.text
    await boss.post(page, form=page.forms[0], intent="lower")
    await house.storage.feed.poll()
    assert (await house.walker(address=BAD).sign_in(ANN, PASSWORD)).path == "/account"


@pytest.mark.parametrize("network", ["nowhere", "0.0.0.0/0", "x" * 300])
async def test_what_is_no_network_is_refused_with_words(house, boss, network):
    page = await boss.get("/admin/security")
    page = await boss.post(page, network=network, intent="block")
    assert (page.status, says("error.network_invalid") in page.text) == (400, True)


async def test_nobody_else_sees_it(house):
    await house.customer(ANN)
    walker = house.walker()
    assert (await walker.get("/admin/security")).h1 == says("sign_in.title")
    await walker.sign_in(ANN, PASSWORD)
    assert (await walker.get("/admin/security")).status == 403


async def test_the_api_says_and_does_the_same(house, boss):
    await house.customer(ANN)
    await attacked(house)
    exits = feed_of("exits note anonymiser cidr /exits")
    assert exits is not None
    house.site._reputation.put(Loaded(exits, RangeTable(ranges_of(["192.0.2.0/24"])), house.clock.now()))
    assert says("security.kind.anonymiser") in (await boss.get("/admin/security")).text
    page = await boss.post(await boss.get("/admin"), intent="create_token")
    token = page.text.partition('<pre class="token"')[2].partition(">")[2].partition("<")[0]
    async with house.client(headers={"authorization": f"Bearer {token}"}) as http:
        seen = (await http.get("/api/v1/attacks")).json()
        exits = {"name": "exits", "action": "note", "kind": "anonymiser", "ranges": 1, "age_seconds": 0}
        assert seen["feeds"] == [exits]
        assert (seen["state"], seen["networks"][0]["network"]) == ("attack", "203.0.113.0/24")
        assert seen["minutes"][-1]["wrong"] == 5
        assert seen["minutes"][-1]["refused"] == 3
        assert (await http.post("/api/v1/attacks/blocked", json={"network": "nowhere"})).status_code == 422
        blocked = await http.post("/api/v1/attacks/blocked", json={"network": "203.0.113.9/24"})
        assert blocked.json()["blocked"] == ["203.0.113.0/24"]
        again = await http.delete("/api/v1/attacks/blocked", params={"network": "203.0.113.0/24"})
        assert again.json()["blocked"] == []
        assert (await http.put("/api/v1/attacks/bar", json={"raised": True})).json()["state"] == "raised"
        assert (await http.put("/api/v1/attacks/bar", json={"raised": "yes"})).status_code == 422
    async with house.client() as http:
        assert (await http.get("/api/v1/attacks")).status_code == 401
