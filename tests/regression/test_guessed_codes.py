"""Guessing mailed codes: refused in one journey, whoever guesses begins another."""

import pytest

from tests.support.house import code_in, link_in, says

pytestmark = pytest.mark.anyio
A_DAY = 86_400
BOUND = 30


async def guess_all_day(house, email) -> int:
    """How many codes somebody gets to try for *email* in a day, in as many journeys as they like."""
    guesses = 0
    for _ in range(24):
        while True:
            walker = house.walker()
            page = await walker.begin_recovery(email)
            if page.status == 429:
                break
            for _ in range(5):
                page = await walker.post(page, code="no code")
                guesses += page.status == 400
            if page.status == 429:
                break
        house.clock.advance(A_DAY // 24)
    return guesses


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
async def test_codes_tried_for_one_address_in_a_day_are_bounded_over_all_journeys(build_house, email):
    async with build_house(mails_per_address="off", sign_in_per_address="off") as house:
        await house.customer("ann@example.com")
        assert await guess_all_day(house, email) <= BOUND + 5


async def test_the_mailed_link_still_works_for_whom_strangers_have_used_up_the_guesses(build_house):
    async with build_house(mails_per_identifier="off", mails_per_address="off") as house:
        await house.customer("ann@example.com")
        for _ in range(BOUND // 5):
            stranger = house.walker(address="198.51.100.9")
            page = await stranger.begin_recovery("ann@example.com")
            for _ in range(5):
                page = await stranger.post(page, code="no code")
        ann = house.walker()
        page = await ann.begin_recovery("ann@example.com")
        mail = (await house.mails("ann@example.com"))[-1]
        page = await ann.post(page, code=code_in(mail))
        assert (page.status, page.notices) == (429, [says("error.throttled")])
        assert int(page.headers["retry-after"]) > 0
        page = await ann.post(await ann.get(link_in(mail)))
        page = await ann.post(page, password="another horse battery")
        assert page.path == "/account"
