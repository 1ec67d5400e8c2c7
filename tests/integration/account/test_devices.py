"""Where a customer is signed in, and ending it: one by one, all others, never somebody else's."""

import pytest

from limen.experience.pages.visit import Visit
from limen.kernel.event_data import misfit
from tests.integration.account.people import ANN, BOB, PASSWORD, ann_with_two, at_home, pressing, sids
from tests.support.house import says

pytestmark = pytest.mark.anyio
DEVICES = "/account/devices"


async def test_each_session_says_which_browser_from_which_network_and_since_when(house):
    laptop, _ = await ann_with_two(house)
    page = await laptop.get(DEVICES)
    for words in ("Firefox", "Safari", "192.0.2.0/24", "198.51.100.0/24", says("account.devices.this")):
        assert words in page.text, words
    assert "198.51.100.9" not in page.text  # the network, not the address
    assert page.text.index("Firefox") < page.text.index("Safari")  # this one first, though the other is newer
    assert len(sids(page)) == 1  # this one is ended by signing out


async def test_an_application_that_holds_tokens_is_named_with_the_session_it_has_them_from(house):
    laptop = await at_home(house)
    shop = await house.register_client(require_consent=False)
    await laptop.tokens(shop, await laptop.authorize(shop[0]))
    assert "The Shop" in (await laptop.get(DEVICES)).text


async def test_another_device_is_signed_out_with_its_tokens_and_nothing_else_is(house_on):
    house = house_on
    laptop, telephone = await ann_with_two(house)
    shop = await house.register_client(require_consent=False)
    held = await telephone.tokens(shop, await telephone.authorize(shop[0]))
    page = await pressing(laptop, DEVICES, "end_device")
    assert (page.status, page.notices) == (200, [says("notice.session_ended")])
    assert "Safari" not in page.text
    assert (await telephone.get("/account")).h1 == says("sign_in.title")
    refused = await telephone.token(shop, grant_type="refresh_token", refresh_token=held["refresh_token"])
    assert refused["error"] == "invalid_grant"
    assert (await laptop.get("/account")).path == "/account"
    seen = house.announced
    assert [misfit(*event) for event in seen if misfit(*event)] == []


@pytest.mark.parametrize(
    ("path", "intent", "typed"),
    [("/account/profile", "save_profile", {"name": "Mallory"}), ("/account/privacy", "download_data", {}),
     ("/account/privacy", "ask_archive", {})],
)  # fmt: skip
async def test_who_is_signed_out_while_a_form_of_theirs_is_answered_changes_and_gets_nothing(
    house_on, monkeypatch, path, intent, typed
):
    laptop, telephone = await ann_with_two(house_on)
    rows, form_of = [], Visit.form

    async def meanwhile(visit, scope):
        form = await form_of(visit, scope)
        monkeypatch.setattr(Visit, "form", form_of)
        await pressing(telephone, DEVICES, "end_others")
        rows.append(await house_on.rows())
        return form

    page = await laptop.get(path)
    form = next(form for form in page.forms if ("intent", intent) in form.buttons)
    monkeypatch.setattr(Visit, "form", meanwhile)
    answer = await laptop.raw_post(page, form=form, intent=intent, **typed)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert await house_on.rows() == rows[0]
    assert "Mallory" not in (await telephone.get("/account/profile")).text
    assert (await laptop.get(path)).h1 == says("sign_in.title")


async def test_all_others_are_signed_out_at_once(house):
    laptop, telephone = await ann_with_two(house)
    third = await at_home(house, is_new=False)
    page = await pressing(laptop, DEVICES, "end_others")
    assert page.notices == [says("notice.others_ended")]
    for other in (telephone, third):
        assert (await other.get("/account")).h1 == says("sign_in.title")
    assert sids(page) == []
    assert ("intent", "end_others") not in [button for form in page.forms for button in form.buttons]


async def test_another_customers_session_is_refused_and_goes_on(house):
    laptop, _ = await ann_with_two(house)
    bob = await at_home(house, BOB)
    await at_home(house, BOB, is_new=False)
    [theirs] = sids(await bob.get(DEVICES))
    for wrong in (theirs, "", "x" * 500, "\u0661"):
        page = await pressing(laptop, DEVICES, "end_device", session=wrong)
        assert (page.status, page.notices) == (200, [])
    assert sids(await bob.get(DEVICES)) == [theirs]


async def test_a_session_that_ended_meanwhile_is_told_of_once(house):
    laptop, telephone = await ann_with_two(house)
    stale = await laptop.get(DEVICES)
    form = next(form for form in stale.forms if ("intent", "end_device") in form.buttons)
    await pressing(telephone, "/account", "sign_out")
    before = (await house.events()).count("session.ended")
    page = await laptop.post(stale, form=form, intent="end_device")
    assert (page.status, page.notices) == (200, [])
    assert (await house.events()).count("session.ended") == before


async def test_whoever_else_is_signed_in_at_this_browser_is_shown_and_can_be_signed_out(house):
    ann = await at_home(house)
    await house.customer(BOB)
    await ann.sign_in(BOB, PASSWORD)
    page = await ann.get(DEVICES)
    assert (ANN in page.text, says("account.others") in page.text) == (True, True)
    page = await pressing(ann, DEVICES, "end_session")
    assert page.notices == [says("notice.session_ended")]
    assert ANN not in page.text


async def test_a_notice_cannot_be_put_into_a_link(house):
    ann = await at_home(house)
    page = await ann.get(DEVICES, done="notice.others_ended.AAAAAAAAAAAAAAAA")
    assert page.notices == []


async def test_fifty_sessions_cost_no_more_statements_than_one(house):
    ann = await at_home(house)
    with house.watching() as few:
        await ann.get(DEVICES)
    for _ in range(6):
        await at_home(house, is_new=False)
    with house.watching() as many:
        await ann.get(DEVICES)
    assert len(many.statements) == len(few.statements)
