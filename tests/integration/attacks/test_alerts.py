"""An attack is announced where it begins and where it is over, each once, with what an operator acts on."""

import asyncio

import pytest

from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.networks import NetworkSettings
from limen.kernel.event_data import misfit
from tests.integration.attacks.kit import set_up
from tests.integration.attacks.test_guessing import WRONG
from tests.integration.attacks.test_live_view import attacked, boss  # noqa: F401
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
BEGUN, OVER = "attack.recognised", "attack.ended"


def told(house, name):
    return [data for event, data in house.announced if event == name]


async def test_an_attack_is_told_of_when_it_begins_and_when_it_is_over(house):
    await attacked(house, 7)
    await attacked(house, 3)  # what goes on is no news
    kinds = {data["kind"]: data for data in told(house, BEGUN)}
    assert len(told(house, BEGUN)) == len(kinds) == 2
    begun = kinds["attack"]
    assert (begun["severity"], begun["failed"]) == ("high", 5)
    assert begun["networks"] == [{"network": "203.0.113.0/24", "asn": "", "failures": 5}]
    assert await house.site._attacks.run() == 0
    house.clock.advance(1_190)
    assert await house.site._attacks.run_all() == 0
    house.clock.advance(12)
    assert sum(await asyncio.gather(*(house.site._attacks.run_all() for _ in range(3)))) == 2
    over = {data["kind"]: data for data in told(house, OVER)}
    assert over.keys() == kinds.keys()
    assert {kind: data["attack"] for kind, data in over.items()} == {kind: one["attack"] for kind, one in kinds.items()}
    assert (over["attack"]["wrong"], over["attack"]["stopped"], over["attack"]["duration_seconds"]) == (5, 5, 0)
    assert [misfit(*event) for event in house.announced if misfit(*event)] == []
    events = await house.events()
    assert (events.count(BEGUN), events.count(OVER)) == (2, 2)
    metrics = (await house.client("127.0.0.1").get("/metrics")).text
    assert 'limen_attacks_begun_total{kind="attack",severity="high"} 1.0' in metrics
    assert 'limen_attacks_ended_total{kind="attack",severity="high"} 1.0' in metrics


async def test_an_attack_that_comes_again_is_another(house):
    for _ in range(2):
        await attacked(house)
        house.clock.advance(1_201)
        await house.site._attacks.run_all()
        house.clock.advance(3_600)
    attacks = [data["attack"] for data in told(house, OVER) if data["kind"] == "attack"]
    assert len(set(attacks)) == 2


async def test_neither_a_bar_raised_by_hand_nor_a_listed_address_is_an_attack(house):
    await set_up(house, attacks=AttackSettings(bar="raised"), networks=NetworkSettings(blocked=("203.0.113.0/24",)))
    for address in ("203.0.113.9", "198.51.100.9"):
        page = await house.walker(address=address).sign_in("nobody@example.com", WRONG)
        assert page.status in {400, 429}
    assert told(house, BEGUN) == []


async def test_the_page_and_the_api_show_what_goes_on_and_what_is_over(house, boss):  # noqa: F811
    await attacked(house)
    page = await boss.get("/admin/security")
    assert says("security.attack.attack") in page.text
    assert says("security.goes_on") in page.text
    token_page = await boss.post(await boss.get("/admin"), intent="create_token")
    token = token_page.text.partition('<pre class="token"')[2].partition(">")[2].partition("<")[0]
    async with house.client(headers={"authorization": f"Bearer {token}"}) as http:
        shown = (await http.get("/api/v1/attacks")).json()["attacks"]
        assert {one["kind"] for one in shown} == {"attack", "address"}
        assert [one["ended_at"] for one in shown] == [None, None]
        house.clock.advance(1_201)
        await house.site._attacks.run_all()
    await boss.sign_in("boss@example.com", PASSWORD)
    assert says("security.goes_on") not in (await boss.get("/admin/security")).text
