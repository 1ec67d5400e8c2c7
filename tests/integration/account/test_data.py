"""A copy of one's data: for whoever proved lately who they are; nothing secret in it, and nobody else's."""

import pytest

from tests.integration.account.people import ANN, BOB, PASSWORD, STALE, at_home, pressing
from tests.integration.journeys.test_second_factor import ASKED, enrolled, now_code
from tests.support.house import says

pytestmark = pytest.mark.anyio
PRIVACY = "/account/privacy"


async def test_it_holds_profile_sessions_applications_factors_and_history_and_no_secret(house_on):
    house = house_on
    await at_home(house, BOB)
    ann = await at_home(house)
    shop = await house.register_client()
    await ann.tokens(shop, await ann.allow(await ann.authorize(shop[0])))
    totp, codes, _ = await enrolled(house, ann)
    answer = await pressing(ann, PRIVACY, "download_data")
    assert answer.h1 == ASKED or answer.headers["content-type"].startswith("application/json")
    if answer.h1 == ASKED:
        await ann.post(answer, code=now_code(house, totp))
        answer = await pressing(ann, PRIVACY, "download_data")
    assert "attachment" in answer.headers["content-disposition"]
    assert "no-store" in answer.headers["cache-control"]
    document = answer.json
    assert document["profile"]["email"] == ANN
    assert [one["name"] for one in document["applications"]] == ["The Shop"]
    assert [one["party"] for one in document["decisions"]] == [shop[0]]
    assert {one["kind"] for one in document["factors"]} == {"totp", "recovery"}
    assert "session.started" in {one["event"] for one in document["history"]}
    assert len(document["sessions"]) == 1
    for secret in (totp.base32, *codes, BOB, "192.0.2.7"):
        assert secret not in answer.text
    assert "data.exported" in await house.events()
    mail = next(one for one in await house.mails(ANN) if one.subject == says("mail.data_copied.subject", brand="Limen"))
    assert "/secure/" in mail.text


async def test_a_stale_session_proves_itself_comes_back_and_has_it(house):
    ann = await at_home(house)
    house.clock.advance(STALE)
    page = await ann.get(PRIVACY)
    assert says("account.data.prove") in page.text
    page = await pressing(ann, PRIVACY, "download_data")
    assert page.h1 == says("sign_in.title")
    page = await ann.sign_in(ANN, PASSWORD, page)
    assert page.path == PRIVACY
    assert says("account.data.download") in page.text
    answer = await pressing(ann, PRIVACY, "download_data")
    assert answer.json["profile"]["email"] == ANN


async def test_a_recent_password_is_not_enough_where_there_is_a_second_factor(house):
    ann = await at_home(house)
    totp, _, _ = await enrolled(house, ann)
    house.clock.advance(STALE)
    await ann.sign_in(ANN, PASSWORD, await ann.get("/sign-in"))
    page = await pressing(ann, PRIVACY, "download_data")
    assert page.h1 == ASKED
    page = await ann.post(page, code=now_code(house, totp))
    assert page.path == PRIVACY
    assert (await pressing(ann, PRIVACY, "download_data")).json["profile"]["email"] == ANN
