"""What happened to an account: a page at a time, in words, opened with the customer's own key, nobody else's."""

import re

import pytest

from limen.access.account.history import PAGE, TOLD
from tests.integration.account.people import ANN, BOB, PASSWORD, at_home, pressing
from tests.support.house import says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
ACTIVITY = "/account/activity"


def told(page):
    """The words of each line."""
    return re.findall(r'<div class="row__text"><b>([^<·]+?)\s*[<·]', page.text)


async def test_sign_ins_are_there_with_browser_and_network_and_a_new_device_is_marked(house):
    ann = await at_home(house)
    await house.walker(user_agent=SAFARI, address="198.51.100.9").sign_in(ANN, "wrong horse battery")
    page = await ann.get(ACTIVITY)
    assert told(page) == [says("history.event.sign_in.failed"), says("history.event.session.started")]
    assert ("Safari" in page.text, "198.51.100.0/24" in page.text) == (True, True)
    assert "198.51.100.9" not in page.text


async def test_nobody_elses_is_there(house):
    ann = await at_home(house)
    bob = await at_home(house, BOB)
    await house.walker().sign_in(BOB, "wrong horse battery")
    assert told(await ann.get(ACTIVITY)) == [says("history.event.session.started")]
    assert len(told(await bob.get(ACTIVITY))) == 2


async def test_it_comes_a_page_at_a_time_nothing_left_out_and_nothing_twice(house_on):
    house = house_on
    ann = await at_home(house)
    wrong = house.walker(address="198.51.100.9")
    for number in range(PAGE + 4):
        house.clock.advance(301)
        await wrong.sign_in(ANN, "wrong horse battery" if number % 2 else PASSWORD)
        await pressing(wrong, "/account", "sign_out") if not number % 2 else None
    seen, page = [], await ann.get(ACTIVITY)
    for _ in range(9):
        seen.append(told(page))
        older = [link for link in page.links if "before=" in link]
        if not older:
            break
        page = await ann.get(older[0].replace("&amp;", "&"))
    records = [record for record in await house.audit() if record.event in TOLD]
    assert len(seen[0]) == PAGE
    assert sum(len(one) for one in seen) == len(records)
    assert [link for link in page.links if link == ACTIVITY]  # back to the newest


@pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "W10", "A" * 300, "WzEsInNlZ18xIiwyXQ", "\u0000"])
async def test_a_cursor_that_is_none_of_ours_is_the_beginning(house, cursor):
    ann = await at_home(house)
    page = await ann.get(ACTIVITY, before=cursor)
    assert (page.status, len(told(page))) == (200, 1)


async def test_what_is_told_has_words(house):
    del house
    for event in TOLD:
        assert says(f"history.event.{event}")
