"""Addresses that a feed or an administrator names, over HTTP; and feeds that are fetched, fail, and come back."""

import pytest

from limen.identity.tenants.networks import NetworkSettings
from limen.integration.outgoing.feeds import FeedKeeper
from limen.trust.threats.feeds import feed_of
from limen.trust.threats.reputation import Reputation
from tests.integration.attacks.kit import set_up
from tests.integration.attacks.test_guessing import WORK, proof_in
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
BAD = "203.0.113.9"
URL = "https://lists.example/bad.txt"


async def test_a_network_blocked_by_hand_is_refused_and_an_allowed_address_in_it_is_not(house):
    await house.customer(ANN)
    await set_up(house, networks=NetworkSettings(blocked=("203.0.113.0/24",), allowed=("203.0.113.10",)))
    with house.watching() as trace:
        page = await house.walker(address=BAD).sign_in(ANN, PASSWORD)
    assert (page.status, page.notices, trace.hashes) == (429, [says("error.blocked")], 0)
    assert (await house.walker(address="203.0.113.10").sign_in(ANN, PASSWORD)).path == "/account"
    page = await house.walker(address=BAD).begin_recovery(ANN)
    assert (page.status, page.notices) == (429, [says("error.blocked")])
    assert await house.mails() == []
    await set_up(house, networks=NetworkSettings())
    assert (await house.walker(address=BAD).sign_in(ANN, PASSWORD)).path == "/account"


async def test_a_feed_that_challenges_asks_for_work_and_doubts(house, tmp_path):
    await house.customer(ANN)
    path = tmp_path / "tor.txt"
    path.write_text("203.0.113.0/24\n")
    keeper = keeper_of(house, tmp_path, f"tor challenge cidr {path}", house.site._reputation)
    await keeper.refresh()
    stranger = house.walker(address=BAD)
    page = await stranger.sign_in(ANN, PASSWORD)
    assert page.notices[0] == WORK
    page = await stranger.post(page, email=ANN, password=PASSWORD, proof=proof_in(page))
    assert page.h1 == says("doubted.title")
    metrics = (await house.client("127.0.0.1").get("/metrics")).text
    assert 'limen_feed_ranges{feed="tor"} 1.0' in metrics


def keeper_of(house, folder, line, reputation, count=lambda *_: None) -> FeedKeeper:
    feed = feed_of(line)
    assert feed is not None
    return FeedKeeper([feed], reputation, house.web, house.clock, folder / "feeds", 3_600, count)


async def test_a_fetched_feed_survives_failures_bad_content_and_a_restart(house, tmp_path):
    known, said = Reputation(), []
    keeper = keeper_of(house, tmp_path, f"bad block cidr {URL}", known, lambda *one: said.append(one[1]))
    web = house.web

    async def after(seconds: float) -> bool:
        house.clock.advance(seconds)
        await keeper.refresh()
        return known.of(BAD, NetworkSettings()).action == "block"

    assert not await after(0)
    assert not await after(30)  # left alone for a minute
    assert said == ["away"]
    web.serve(URL, b"203.0.113.0/24\n", "text/plain")
    assert await after(31)
    web.serve(URL, b"203.0.113.0/24\nnonsense\n", "text/plain")
    assert await after(3_600)
    web.pages.clear()
    assert await after(61)
    assert said == ["away", "loaded", "refused", "away"]
    asked = len(web.asked)
    await after(61)
    assert len(web.asked) == asked  # the second failure in a row: two minutes
    anew = Reputation()
    await keeper_of(house, tmp_path, f"bad block cidr {URL}", anew).open()
    assert anew.of(BAD, NetworkSettings()).action == "block"
    web.serve(URL, b"198.51.100.0/24\n", "text/plain")
    assert not await after(3_600)
