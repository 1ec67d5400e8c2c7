"""Addresses that a feed or an administrator names, over HTTP; and feeds that are fetched, fail, and come back."""

import pytest
from structlog.testing import capture_logs

from limen.identity.tenants.networks import NetworkSettings
from limen.integration.outgoing.feed_fetching import Fetching
from limen.integration.outgoing.feeds import FeedKeeper, Keeping, alone
from limen.storage.leases import Leases
from limen.trust.threats.feeds import feed_of
from limen.trust.threats.reputation import Reputation
from tests.integration.attacks.kit import set_up
from tests.integration.attacks.test_guessing import WORK, WRONG, proof_in
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


async def test_a_list_of_exits_asks_for_nothing_and_risk_and_patterns_hear_of_it(house, tmp_path):
    await house.customer(ANN)
    await house.walker().sign_in(ANN, PASSWORD)  # a first one has nothing to be compared with
    for name, kind, network in (("exits", "anonymiser ", "203.0.113.0/24"), ("intel", "", "198.51.100.0/24")):
        path = tmp_path / name
        path.write_text(f"{network}\n")
        await keeper_of(house, tmp_path, f"{name} note {kind}cidr {path}", house.site._reputation).refresh()

    async def reasons(address: str) -> set[str]:
        assert (await house.walker(address=address).sign_in(ANN, PASSWORD)).path == "/account"
        return {*[data for name, data in house.announced if name == "risk.assessed"][-1]["reasons"]}

    listed, hides = "risk.reason.listed", "risk.reason.anonymiser"
    assert await reasons(BAD) & {listed, hides} == {hides}
    assert await reasons("198.51.100.9") & {listed, hides} == {listed}
    assert not await reasons("192.0.2.9") & {listed, hides}
    for _ in range(2):
        await house.walker(address=BAD).sign_in(ANN, WRONG)
    assert (await house.walker(address=BAD).sign_in(ANN, PASSWORD)).notices[0] == WORK  # hidden-and-failing
    metrics = (await house.client("127.0.0.1").get("/metrics")).text
    assert 'limen_guarded_tries_total{outcome="matched",reason="pattern_hidden-and-failing"} 1.0' in metrics


def keeper_of(house, folder, line, reputation, count=lambda *_: None, lease=alone, raises=False) -> FeedKeeper:
    feed = feed_of(line)
    assert feed is not None
    fetching = Fetching(house.web, house.clock, folder / "credentials" if (folder / "credentials").exists() else None)
    return FeedKeeper([feed], reputation, house.clock, Keeping(folder / "feeds", 3_600, fetching, lease, count, raises))


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


async def test_of_two_processes_one_fetches_and_both_know(house, tmp_path):
    web, line = house.web, f"bad block cidr {URL}"
    known = [Reputation(), Reputation()]

    def process(number: int) -> FeedKeeper:
        leases = Leases(house.storage.database, house.clock, f"process-{number}")
        return keeper_of(house, tmp_path, line, known[number], lease=leases.take)

    one, other = process(0), process(1)
    await one.refresh()
    await other.refresh()
    assert len(web.asked) == 1  # away for the one is away for both
    house.clock.advance(61)
    await one.refresh()
    web.serve(URL, b"203.0.113.0/24\n", "text/plain")
    house.clock.advance(100)
    await other.refresh()
    assert len(web.asked) == 2
    house.clock.advance(21)
    await one.refresh()
    await other.refresh()
    assert [one.of(BAD, NetworkSettings()).action for one in known] == ["block", "block"]
    assert len(web.asked) == 3
    house.clock.advance(3_601)
    web.serve(URL, b"198.51.100.0/24\n", "text/plain")
    await other.refresh()  # whoever comes first
    await one.refresh()
    assert [one.of(BAD, NetworkSettings()).action for one in known] == [None, None]
    assert len(web.asked) == 4


async def test_whoever_holds_the_lease_and_dies_is_followed_by_another(house, tmp_path):
    leases = Leases(house.storage.database, house.clock, "process-1")
    assert await Leases(house.storage.database, house.clock, "dead").take("bad", 180 * 1_000_000)
    house.web.serve(URL, b"203.0.113.0/24\n", "text/plain")
    known = Reputation()
    keeper = keeper_of(house, tmp_path, f"bad block cidr {URL}", known, lease=leases.take)
    await keeper.refresh()
    assert house.web.asked == []
    house.clock.advance(181)
    await keeper.refresh()
    assert known.of(BAD, NetworkSettings()).action == "block"


COLLECTION = "https://taxii.example/api1/collections/91a7b528/"
FIRST = f"{COLLECTION}objects/?match%5Btype%5D=indicator&limit=1000"


def indicator(number: int, value: str, **more: object) -> dict:
    pattern = f"[ipv4-addr:value = '{value}']"
    return {"type": "indicator", "id": f"indicator--{number}", "pattern_type": "stix", "pattern": pattern, **more}


async def test_a_collection_is_read_to_its_end_and_a_bad_page_changes_nothing(house, tmp_path):
    known, said, media = Reputation(), [], "application/taxii+json"
    (tmp_path / "credentials").write_text("# who asks\nintel Basic dXNlcjpwYXNz\n")
    keeper = keeper_of(house, tmp_path, f"intel block taxii {COLLECTION}", known, lambda *one: said.append(one[1]))
    web, second = house.web, f"{FIRST}&next=a%2Fb"
    web.serve(FIRST, {"more": True, "next": "a/b", "objects": [indicator(1, BAD), indicator(2, "192.0.2.1")]}, media)
    web.serve(second, {"objects": [indicator(2, "192.0.2.1", modified="2026-01-01T00:00:00Z", revoked=True)]}, media)
    await keeper.refresh()
    assert web.asked == [FIRST, second]
    assert web.headers == {"accept": "application/taxii+json;version=2.1", "authorization": "Basic dXNlcjpwYXNz"}
    assert known.of(BAD, NetworkSettings()).action == "block"
    assert known.of("192.0.2.1", NetworkSettings()).action is None  # its later version is revoked
    web.serve(second, {"objects": [7]}, media)
    house.clock.advance(3_601)
    await keeper.refresh()
    assert said == ["loaded", "refused"]
    assert known.of(BAD, NetworkSettings()).action == "block"
    anew = Reputation()
    await keeper_of(house, tmp_path, f"intel block taxii {COLLECTION}", anew).open()
    assert anew.of(BAD, NetworkSettings()).action == "block"


async def test_customers_see_from_which_country_they_are_signed_in(house):
    await house.customer(ANN)
    walker = house.walker(address="8.8.8.8")
    await walker.sign_in(ANN, PASSWORD)
    for path in ("/account/devices", "/account/activity"):
        assert "(United States)" in (await walker.get(path)).text


async def test_a_feed_that_goes_stale_is_said_once_and_again_only_after_it_was_fresh(house, tmp_path):
    house.web.serve(URL, b"203.0.113.0/24\n", "text/plain")
    keeper = keeper_of(house, tmp_path, f"bad block cidr {URL}", Reputation())
    await keeper.refresh()
    house.web.pages.clear()
    with capture_logs() as said:
        for _ in range(3):
            house.clock.advance(4 * 3_600)
            await keeper.refresh()
        house.web.serve(URL, b"203.0.113.0/24\n", "text/plain")
        house.clock.advance(6 * 3_600)
        await keeper.refresh()
        house.clock.advance(60)
        await keeper.refresh()
        house.web.pages.clear()
        house.clock.advance(4 * 3_600)
        await keeper.refresh()
    assert [one["hours"] for one in said if one["event"] == "threats.feed_stale"] == [4, 4]
