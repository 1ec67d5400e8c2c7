"""Walking a journey in ways nobody planned: back, twice, late, in two tabs, in another browser, from another site."""

import asyncio

import pytest

from limen.kernel.clock import MINUTE
from tests.support.house import PASSWORD, code_in, link_in, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
MOVED_ON = says("notice.moved_on")


async def test_a_form_from_before_shows_the_present_step_and_does_nothing(house):
    ann = house.walker()
    first = await ann.get("/sign-up")
    await ann.post(first, email=ANN, password=PASSWORD, name="")
    page = await ann.post(first, email="other@example.com", password=PASSWORD, name="")  # back, and sent again
    assert (page.h1, page.notices) == (says("verify.title"), [MOVED_ON])
    assert [mail.to for mail in await house.mails()] == [ANN]


async def test_a_form_sent_twice_at_once_sends_one_mail_and_makes_one_step(house_on):
    ann = house_on.walker()
    page = await ann.get("/sign-up")
    answers = await asyncio.gather(*(ann.post(page, email=ANN, password=PASSWORD, name="") for _ in range(3)))
    assert {answer.h1 for answer in answers} == {says("verify.title")}
    assert len(await house_on.mails()) == 1


async def test_a_code_sent_twice_at_once_makes_one_account_and_neither_answer_fails(house_on):
    ann = house_on.walker()
    page = await ann.begin_sign_up(ANN, PASSWORD)
    code = code_in((await house_on.mails())[-1])
    answers = await asyncio.gather(*(ann.raw_post(page, code=code) for _ in range(3)))
    assert all(answer.status_code in {200, 303, 410} for answer in answers)
    rows = await house_on.rows()
    assert (rows["customers"], rows["sessions"]) == (1, 1)


async def test_who_finished_a_journey_and_sends_it_again_is_led_to_where_it_led(house):
    await house.customer(ANN)
    ann = house.walker()
    form = await ann.get("/sign-in")
    await ann.sign_in(ANN, PASSWORD, form)
    for page in (await ann.get(form.where), await ann.post(form, email=ANN, password=PASSWORD)):
        assert (page.status, page.path) == (200, "/account")
    assert (await house.rows())["sessions"] == 1


async def test_a_journey_that_answered_an_application_says_so_and_answers_nothing_twice(house):
    await house.customer(ANN)
    shop = await house.register_client()
    ann = house.walker()
    form = await ann.sign_in(ANN, PASSWORD, await ann.authorize(shop[0]))
    assert "code" in (await ann.allow(form)).answer
    for page in (await ann.get(form.where), await ann.post(form, decision="allow")):
        assert (page.status, page.h1) == (410, says("error_page.done.title"))
        assert "/account" in page.links
    assert (await house.rows())["codes"] == 1


async def test_the_later_of_two_forms_whose_cookie_the_first_changed_is_sent_to_look_again(house):
    await house.customer(ANN)
    ann = house.walker()
    form = await ann.get("/sign-in")
    before = dict(ann.http.cookies)
    await ann.sign_in(ANN, PASSWORD, form)
    async with house.client(cookies=before) as same:  # the browser as it was when it sent the form again
        answer = await same.post(form.where, data={"email": ANN, "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, form.where)
    assert (await ann.get(answer.headers["location"])).path == "/account"  # by now it holds what the first brought
    async with house.client() as stranger:
        assert (await stranger.post(form.where, data={"email": ANN})).status_code == 404
    assert (await house.rows())["sessions"] == 1


async def test_a_finished_journey_tells_another_browser_nothing(house):
    await house.customer(ANN)
    ann, eve = house.walker(), house.walker()
    form = await ann.get("/sign-in")
    await ann.sign_in(ANN, PASSWORD, form)
    await eve.get("/sign-in")
    assert (await eve.get(form.where)).h1 == says("error_page.elsewhere.title")


async def test_an_expired_journey_says_so_and_takes_nothing(house):
    await house.customer(ANN)
    ann = house.walker()
    form = await ann.get("/sign-in")
    house.clock.advance(30 * MINUTE / 1_000_000 + 1)
    page = await ann.sign_in(ANN, PASSWORD, form)
    assert (page.status, page.h1) == (410, says("error_page.expired.title"))
    assert (await house.rows())["sessions"] == 0


async def test_two_tabs_of_one_journey_go_on_from_where_it_stands(house):
    ann = house.walker()
    one = await ann.get("/sign-up")
    two = await ann.get(one.where)
    await ann.post(one, email=ANN, password=PASSWORD, name="")
    page = await ann.post(two, email=ANN, password=PASSWORD, name="")
    assert page.h1 == says("verify.title")
    assert (await ann.post(page, code=code_in((await house.mails())[-1]))).path == "/account"


async def test_two_tabs_with_a_journey_each_do_not_disturb_each_other(house):
    await house.customer(ANN)
    await house.customer("bob@example.com")
    shop = await house.register_client(require_consent=False)
    walker = house.walker()
    one, two = await walker.authorize(shop[0], state="one"), await walker.authorize(shop[0], state="two")
    assert (await walker.sign_in(ANN, PASSWORD, one)).answer["state"] == "one"
    page = await walker.sign_in("bob@example.com", PASSWORD, two)
    # the first changed the browser's secret: the second is shown again, and then goes through
    assert (page.status, page.h1, page.notices) == (403, says("sign_in.title"), [says("error.csrf")])
    assert (await walker.sign_in("bob@example.com", PASSWORD, page)).answer["state"] == "two"


async def test_of_journeys_of_one_browser_that_arrive_at_once_one_does_and_none_fails(house_on):
    await house_on.customer(ANN)
    shop = await house_on.register_client(require_consent=False)
    walker = house_on.walker()
    pages = [await walker.authorize(shop[0], state=state) for state in ("one", "two")]
    answers = await asyncio.gather(*(walker.raw_post(page, email=ANN, password=PASSWORD) for page in pages))
    assert all(answer.status_code < 500 for answer in answers)
    assert any("code=" in answer.headers.get("location", "") for answer in answers)


async def test_where_nobody_was_signed_in_one_of_two_is_and_the_other_is_shown_again(house_on):
    """Neither looks for a session of the other: the browser's secret, which whoever was first has changed, tells."""
    await house_on.customer(ANN)
    walker = house_on.walker()
    await walker.sign_in(ANN, "not her password", await walker.get("/sign-in"))  # from here on the browser is stored
    pages = [await walker.get("/sign-in") for _ in range(3)]
    with house_on.watching() as watched:
        answers = await asyncio.gather(*(walker.raw_post(page, email=ANN, password=PASSWORD) for page in pages))
    assert all(answer.status_code < 500 for answer in answers)
    assert (await house_on.rows())["sessions"] == 1
    assert not [one for one in watched.statements if "sessions.evidence" in one and "SELECT" in one]


async def test_a_journey_opened_in_another_browser_is_not_there(house):
    ann, other = house.walker(), house.walker()
    form = await ann.get("/sign-in")
    await other.get("/sign-in")
    for page in (await other.get(form.where), await other.post(form, email=ANN, password=PASSWORD)):
        assert (page.status, page.h1) == (404, says("error_page.elsewhere.title"))
        assert "/account" in page.links


async def test_a_journey_of_another_tenant_is_not_there(house):
    await house.add_tenant("acme")
    await house.storage.feed.poll()
    ann = house.walker()
    form = await ann.get("/sign-in")
    http = ann.http
    http.cookies.set("__Host-limen-acme", ann.cookie, domain="id.example", path="/")
    page = await ann.get(f"/t/acme{form.where}")
    assert (page.status, page.h1) == (404, says("error_page.elsewhere.title"))


@pytest.mark.parametrize("csrf", ["", "0" * 40, None, "ü"])
async def test_a_form_without_its_token_does_nothing_and_is_shown_again(house, csrf):
    await house.customer(ANN)
    ann = house.walker()
    page = await ann.post(await ann.get("/sign-in"), email=ANN, password=PASSWORD, csrf=csrf)
    assert (page.status, page.h1) == (403, says("sign_in.title"))
    assert (await house.rows())["sessions"] == 0
    assert (await ann.sign_in(ANN, PASSWORD, page)).path == "/account"


async def test_a_token_of_another_browser_or_of_another_journey_does_not_fit(house):
    await house.customer(ANN)
    ann, other = house.walker(), house.walker()
    form, another = await ann.get("/sign-in"), await ann.get("/sign-in")
    foreign = (await other.get("/sign-in")).fields["csrf"]
    for csrf in (another.fields["csrf"], foreign):
        assert (await ann.post(form, email=ANN, password=PASSWORD, csrf=csrf)).status == 403


async def test_a_form_posted_from_another_site_does_nothing(house):
    await house.customer(ANN)
    ann = house.walker()
    form = await ann.get("/sign-in")
    for site in ("cross-site", "same-site"):
        ann.http.headers["sec-fetch-site"] = site
        page = await ann.sign_in(ANN, PASSWORD, form)
        assert page.status == 403
    assert (await house.rows())["sessions"] == 0


async def test_the_cookies_secret_changes_at_sign_in_and_the_old_one_is_dead(house):
    await house.customer(ANN)
    ann = house.walker()
    form = await ann.get("/sign-in")
    planted = ann.cookie
    await ann.sign_in(ANN, PASSWORD, form)
    assert ann.cookie.split(".")[0] == planted.split(".")[0]
    assert ann.cookie != planted
    thief = house.walker()
    thief.carry(planted)
    assert (await thief.get("/account")).h1 == says("sign_in.title")
    assert (await ann.get("/account")).path == "/account"


async def test_the_cookie_is_locked_to_the_host_and_to_https_and_hidden_from_script(house):
    answer = await house.client().get("/sign-in")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-limen-default=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


@pytest.mark.parametrize("broken", ["", "x", "bro_00000000000000000000000000.secret", ".", "a.b.c", "é", "x" * 300])
async def test_a_broken_cookie_is_a_new_browser(house, broken):
    answer = await house.client().get("/account", headers={"cookie": f"__Host-limen-default={broken}".encode()})
    assert answer.status_code == 303
    assert "__Host-limen-default=bro_" in answer.headers["set-cookie"]


@pytest.mark.parametrize("path", ["/account", "/admin", "/authorize", "/logout"])
async def test_a_post_from_elsewhere_whose_cookie_was_left_out_does_not_replace_the_cookie(house, path):
    shop = await house.register_client()
    walker = house.walker()
    body = walker.request(shop[0]) if path == "/authorize" else {"state": "s"}
    answer = await walker.http.post(path, data=body, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 303
    assert answer.headers["location"].partition("?")[0] == path
    assert "set-cookie" not in answer.headers


async def test_an_authorization_request_by_post_is_answered_like_one_by_get(house):
    await house.customer(ANN)
    shop = await house.register_client(require_consent=False)
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    answer = await ann.http.post("/authorize", data=ann.request(shop[0]))
    assert "code=" in answer.headers["location"]
    assert (
        await ann.http.post("/authorize", content=b"{}", headers={"content-type": "application/json"})
    ).status_code == 400


# ------------------------------------------------------------------------------------------------- mail scanners


@pytest.mark.parametrize("begin", ["begin_sign_up", "begin_recovery"])
async def test_a_scanner_that_fetches_every_link_twice_changes_nothing(house_on, begin):
    await house_on.customer("bob@example.com")
    ann = house_on.walker()
    if begin == "begin_sign_up":
        waiting = await ann.begin_sign_up(ANN, PASSWORD)
    else:
        waiting = await ann.begin_recovery("bob@example.com")
    mail = (await house_on.mails())[-1]
    rows, events = await house_on.rows(), await house_on.events()
    scanner = house_on.client(address="198.51.100.99")
    for method in ("GET", "GET", "HEAD"):
        answer = await scanner.request(method, link_in(mail))
        assert answer.status_code == 200
        assert code_in(mail) not in answer.text
        assert "set-cookie" not in answer.headers
    for method in ("GET", "GET", "HEAD"):  # and once in the very browser that asked, as a prefetch would
        assert (await ann.http.request(method, link_in(mail))).status_code == 200
    assert (await house_on.rows(), await house_on.events()) == (rows, events)
    assert (await ann.post(waiting, code=code_in(mail))).h1 != says("verify.title")


async def test_a_link_works_once(house):
    ann = house.walker()
    await ann.begin_sign_up(ANN, PASSWORD)
    link = link_in((await house.mails())[-1])
    form = await ann.get(link)
    await ann.post(form)
    page = await ann.get(link)
    assert (page.status, page.h1) == (410, says("error_page.link_spent.title"))
    assert (await ann.post(form)).status == 403  # signing in changed what its token was bound to
    assert (await house.rows())["customers"] == 1


async def test_a_link_that_expired_or_never_was_is_spent(house):
    ann = house.walker()
    await ann.begin_sign_up(ANN, PASSWORD)
    link = link_in((await house.mails())[-1])
    house.clock.advance(901)
    for url in (link, "/link/never-was", f"/link/{'x' * 500}"):
        assert (await ann.get(url)).h1 == says("error_page.link_spent.title")


async def test_a_link_confirmed_without_its_token_does_nothing(house):
    ann = house.walker()
    await ann.begin_sign_up(ANN, PASSWORD)
    form = await ann.get(link_in((await house.mails())[-1]))
    assert (await ann.post(form, csrf="0" * 40)).status == 403
    assert (await house.rows())["customers"] == 0
