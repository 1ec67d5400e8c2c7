"""A journey of which nobody has said anything yet is borne by its page: nothing is stored before the first answer."""

import asyncio
from urllib.parse import urlencode

import pytest

from limen.kernel.clock import DAY, SECOND
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
ELSEWHERE = says("error_page.elsewhere.title")
LONGEST_PATH = 2_048


def begun(page) -> str:
    """What bears the journey of *page*; empty where it is stored."""
    return page.form.action.partition(".")[2]


async def keys_of(house) -> int:
    return await house.storage.keystore.count_subject_keys(house.tenant.id, house.clock.now() + DAY)


async def test_whoever_only_looks_leaves_nothing_behind(house_on):
    shop = await house_on.register_client()
    await house_on.walker().get("/sign-in")
    before, keys = await house_on.rows(), await keys_of(house_on)
    for _ in range(3):
        robot = house_on.walker()
        assert (await house_on.walker().http.head("/sign-in")).status_code == 200
        for page in (await robot.authorize(shop[0]), await robot.get("/sign-up"), await robot.get("/recover")):
            assert begun(page)
            assert len(page.form.action) < LONGEST_PATH
    assert (await house_on.rows(), await keys_of(house_on)) == (before, keys)


async def test_of_one_page_one_journey_arises_however_often_its_form_is_sent(house_on):
    await house_on.customer(ANN)
    shop = await house_on.register_client(require_consent=False)
    ann = house_on.walker()
    page = await ann.authorize(shop[0])
    before = await house_on.rows()
    answers = await asyncio.gather(*(ann.raw_post(page, email=ANN, password=PASSWORD) for _ in range(4)))
    assert sum("code=" in answer.headers.get("location", "") for answer in answers) == 1
    rows = await house_on.rows()
    assert {name: rows[name] - before[name] for name in ("browsers", "journeys", "sessions", "codes")} == {
        "browsers": 1, "journeys": 1, "sessions": 1, "codes": 1
    }  # fmt: skip
    again = await ann.post(page, email=ANN, password=PASSWORD)
    assert (again.status, again.h1) == (410, says("error_page.done.title"))


async def test_an_answer_sent_again_is_told_that_the_journey_moved_on(house):
    await house.customer(ANN)
    ann = house.walker()
    page = await ann.get("/sign-in")
    wrong = await ann.post(page, email=ANN, password="something else")
    assert (wrong.status, begun(wrong)) == (400, "")
    again = await ann.post(page, email=ANN, password=PASSWORD)
    assert (again.notices, begun(again)) == ([says("notice.moved_on")], "")
    assert (await house.rows())["sessions"] == 0
    assert (await ann.sign_in(ANN, PASSWORD, again)).path == "/account"


async def test_the_tabs_of_a_new_browser_are_one_browser(house):
    await house.customer(ANN)
    ann = house.walker()
    first = await ann.get("/sign-in")
    cookie = ann.cookie
    second = await ann.get("/sign-in")
    assert ann.cookie == cookie
    assert (await ann.sign_in(ANN, PASSWORD, first)).path == "/account"
    late = await ann.sign_in(ANN, PASSWORD, second)  # its token was bound to the secret before
    assert (late.status, begun(late)) == (403, begun(second))
    assert (await ann.sign_in(ANN, PASSWORD, late)).path == "/account"
    assert (await house.rows())["browsers"] == 1


async def test_a_new_browser_is_not_asked_for_what_it_cannot_have(house):
    await house.customer(ANN)
    ann = house.walker()
    page = await ann.get("/sign-in")
    with house.watching() as watched:
        assert (await ann.raw_post(page, email=ANN, password=PASSWORD)).status_code == 303
    asked = [
        statement for statement in watched.statements if "FROM journeys" in statement or "FROM sessions" in statement
    ]
    assert ("INSERT INTO sessions" in " ".join(watched.statements), asked) == (True, [])


async def test_a_begun_journey_is_looked_at_again_where_it_was_and_in_another_language(house):
    ann = house.walker()
    page = await ann.get("/sign-in")
    german = await ann.get(page.form.action, ui_locales="de")
    assert (german.h1, german.form.action) == (says("sign_in.title", "de"), page.form.action)
    assert (await house.rows())["journeys"] == 0
    await house.customer(ANN)
    await ann.post(page, email=ANN, password="something else")
    assert begun(await ann.get(page.form.action)) == ""  # what is stored counts


async def test_a_begun_journey_is_good_for_its_browser_and_as_it_is_alone(house):
    await house.customer(ANN)
    ann, other = house.walker(), house.walker()
    page, theirs = await ann.get("/sign-in"), await other.get("/sign-in")
    here, text = page.form.action.split(".")
    for path in (theirs.form.action, f"{theirs.form.action.split('.')[0]}.{text}", f"{here}.{text[:-2]}AA", here):
        shown = await ann.get(path)
        assert (shown.status, shown.h1) == (404, ELSEWHERE)
    for junk in ("x", "é", "A" * 1_700, "...", "AQEAAAAB"):
        assert (await ann.get(f"{here}.{junk}")).status == 404
    assert (await ann.sign_in(ANN, PASSWORD, page)).path == "/account"


async def test_a_begun_journey_ends_when_a_stored_one_would(house):
    ann = house.walker()
    page = await ann.get("/sign-in")
    house.clock.advance(DAY // SECOND)
    assert (await ann.sign_in(ANN, PASSWORD, page)).status == 410
    assert (await house.rows())["journeys"] == 0


async def test_nobody_is_a_newcomer_by_a_secret_that_we_did_not_give_or_give_no_more(house):
    ann, thief = house.walker(), house.walker()
    page = await ann.get("/sign-in")
    given = ann.cookie
    thief.carry(f"{given.split('.')[0]}.{'A' * 43}")
    assert (await thief.get(page.form.action)).status == 404
    house.clock.advance(7 * DAY // SECOND)
    await ann.get("/sign-in")
    assert ann.cookie.split(".")[0] != given.split(".")[0]


async def test_what_is_known_of_whoever_is_signed_in_is_borne_by_no_address(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    before = (await house.rows())["journeys"]
    page = await ann.authorize(shop[0], max_age="0")
    assert (page.fields["email"], begun(page)) == (ANN, "")
    assert begun(await ann.authorize(shop[0], max_age="0", login_hint=ANN))  # which says no more than the request
    assert (await house.rows())["journeys"] == before + 1


async def test_whoever_is_turned_away_at_one_page_again_and_again_costs_one_key_at_the_most(build_house):
    async with build_house(sign_in_per_identifier="2/600") as house:
        await house.customer(ANN)
        for _ in range(2):
            await house.walker().sign_in(ANN, "something else")
        ann = house.walker()
        page, keys = await ann.get("/sign-in"), await keys_of(house)
        for _ in range(20):
            answer = await ann.raw_post(page, email=ANN, password=PASSWORD)
            assert answer.status_code == 429
        assert await keys_of(house) <= keys + 1
        house.clock.advance(int(answer.headers["retry-after"]))
        assert (await ann.sign_in(ANN, PASSWORD, page)).path == "/account"


async def test_a_request_too_long_for_an_address_is_stored_as_it_begins(house):
    shop = await house.register_client()
    ann = house.walker()
    page = await ann.get(f"/authorize?{urlencode(ann.request(shop[0], state='s' * 1_500))}")
    assert (begun(page), (await house.rows())["journeys"]) == ("", 1)
