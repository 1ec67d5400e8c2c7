"""Names, language and time zone: kept as they were typed, refused with a reason, never written over unseen."""

import re

import pytest

from tests.integration.account.people import ANN, at_home, pressing
from tests.integration.account.test_emails import HOME, WORK, add
from tests.integration.journeys.test_safe_changes import mailed
from tests.support.house import says

pytestmark = pytest.mark.anyio
PROFILE = "/account/profile"


async def saved(walker, **changes):
    return await pressing(walker, PROFILE, "save_profile", **changes)


async def test_what_is_typed_is_kept_and_applications_get_it(house_on):
    house = house_on
    ann = await at_home(house)
    page = await saved(ann, name="Ann-Marie Lee", given_name="Ann-Marie", family_name="Lee", zoneinfo="Asia/Kolkata")
    assert page.notices == [says("notice.profile_saved")]
    assert 'value="Ann-Marie"' in page.text
    shop = await house.register_client(require_consent=False)
    held = await ann.tokens(shop, await ann.authorize(shop[0]))
    async with house.client() as machine:
        claims = (await machine.get("/userinfo", headers={"authorization": f"Bearer {held['access_token']}"})).json()
    assert (claims["given_name"], claims["name"]) == ("Ann-Marie", "Ann-Marie Lee")
    assert claims["zoneinfo"] == "Asia/Kolkata"


async def test_a_chosen_language_is_spoken_at_once_and_in_mails(house):
    ann = await at_home(house)
    page = await saved(ann, locale="de")
    assert (page.lang, page.notices) == ("de", [says("notice.profile_saved", "de")])
    assert (await ann.get("/account")).lang == "de"


async def test_a_mail_tells_moments_in_the_zone_of_its_reader_and_else_says_that_it_is_utc(house):
    ann = await at_home(house)
    await add(house, ann, WORK)
    await saved(ann, zoneinfo="Asia/Kolkata")
    await add(house, ann, HOME)
    told = await mailed(house, ANN, "identifiers_changed")
    for mail, zone in zip(told, ("UTC", "UTC+05:30"), strict=True):
        assert [re.search(r"UTC[+:\d]*", form)[0] for form in (mail.text, mail.html)] == [zone] * 2


async def test_what_cannot_be_comes_back_as_it_was_typed_with_a_reason(house):
    ann = await at_home(house)
    for field, value, error in (
        ("name", "x" * 201, "error.name_invalid_long"),
        ("given_name", "a\u0007b", "error.name_invalid_long"),
        ("locale", "tlh", "error.locale_unknown"),
        ("zoneinfo", "Mars/Olympus", "error.zone_unknown"),
    ):
        page = await saved(ann, **{field: value, "family_name": "Kept"})
        assert (page.status, page.errors) == (400, {field: says(error)}), field
        assert 'value="Kept"' in page.text
    assert 'value="Kept"' not in (await ann.get(PROFILE)).text


async def test_a_profile_that_changed_meanwhile_is_not_written_over(house):
    ann = await at_home(house)
    stale = await ann.get(PROFILE)
    await saved(ann, name="First")
    page = await ann.post(stale, form=stale.forms[1], intent="save_profile", name="Second")
    assert page.status == 409
    assert says("error.profile_changed") in page.alert
    assert 'value="Second"' in page.text
    form = next(one for one in page.forms if "name" in one.fields)
    again = await ann.post(page, form=form, intent="save_profile")
    assert (again.status, again.notices) == (200, [says("notice.profile_saved")])


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, "٣"])
async def test_a_version_that_is_none_is_refused(house, version):
    ann = await at_home(house)
    page = await saved(ann, name="Nobody", version=version)
    assert page.status == 409
    assert 'value="Nobody"' in page.text


async def test_without_a_name_the_address_stands_there(house):
    ann = await at_home(house)
    await saved(ann, name="", given_name="", family_name="")
    page = await ann.get("/account")
    assert (ANN in page.text, page.h1) == (True, says("account.title"))
