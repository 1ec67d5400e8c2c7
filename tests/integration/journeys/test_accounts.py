"""Several people at one browser, and what an application may ask about them."""

import json

import pytest

from limen.kernel.encoding import from_b64url
from tests.integration.journeys.test_consent import account_of
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture
async def shop(house):
    await house.customer(ANN)
    await house.customer(BOB, name="Bob Roy")
    return await house.register_client(require_consent=False)


def claims(tokens):
    return json.loads(from_b64url(tokens["id_token"].split(".")[1]))


async def both(house):
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    await walker.sign_in(BOB, PASSWORD)
    return walker


async def test_one_account_is_taken_without_asking(house, shop):
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    assert "code" in (await ann.authorize(shop[0])).answer


async def test_of_several_accounts_one_is_chosen_and_it_is_the_one_that_the_token_names(house, shop):
    walker = await both(house)
    subjects = {}
    for email in (ANN, BOB):
        page = await walker.authorize(shop[0])
        assert page.h1 == says("choose.title")
        page = await walker.post(page, account=account_of(page, email))
        subjects[email] = claims(await walker.tokens(shop, page))["sub"]
    assert len(set(subjects.values())) == 2


async def test_a_third_account_can_be_signed_in_from_the_choice(house, shop):
    await house.customer("eve@example.com")
    walker = await both(house)
    page = await walker.post(await walker.authorize(shop[0]), intent="another")
    assert page.h1 == says("sign_in.title")
    assert page.fields["email"] == ""
    page = await walker.sign_in("eve@example.com", PASSWORD, page)
    assert "code" in page.answer


async def test_a_choice_that_is_not_there_is_refused(house, shop):
    walker = await both(house)
    page = await walker.authorize(shop[0])
    page = await walker.post(page, account="sid-of-somebody-else")
    assert (page.status, page.h1) == (400, says("choose.title"))


async def test_select_account_asks_even_with_one_account(house, shop):
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    page = await ann.authorize(shop[0], prompt="select_account")
    assert page.h1 == says("choose.title")
    assert "code" in (await ann.post(page, account=account_of(page, ANN))).answer


async def test_prompt_login_asks_for_the_password_again_and_renews_auth_time(house, shop):
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    before = claims(await ann.tokens(shop, await ann.authorize(shop[0])))
    house.clock.advance(60)
    page = await ann.authorize(shop[0], prompt="login")
    assert (page.h1, page.fields["email"]) == (says("sign_in.title"), ANN)
    after = claims(await ann.tokens(shop, await ann.sign_in(ANN, PASSWORD, page)))
    assert after["auth_time"] >= before["auth_time"] + 60
    assert after["sid"] == before["sid"]


async def test_prompt_login_with_several_accounts_takes_none_without_its_password(house, shop):
    walker = await both(house)
    page = await walker.authorize(shop[0], prompt="login")
    page = await walker.post(page, account=account_of(page, ANN))
    assert (page.h1, page.fields["email"]) == (says("sign_in.title"), ANN)


@pytest.mark.parametrize(("age", "answered"), [("3600", True), ("30", False), ("0", False)])
async def test_max_age_asks_again_when_the_proof_is_older(house, shop, age, answered):
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    house.clock.advance(60)
    page = await ann.authorize(shop[0], max_age=age)
    assert ("code" in page.answer) is answered
    if not answered:
        page = await ann.sign_in(ANN, PASSWORD, page)
        assert claims(await ann.tokens(shop, page))["auth_time"] >= house.clock.now() // 1_000_000 - 5


async def test_prompt_none_answers_without_a_page(house, shop):
    ann, nobody = house.walker(), house.walker()
    asking = await house.register_client(client_name="Asking")
    await ann.sign_in(ANN, PASSWORD)
    assert "code" in (await ann.authorize(shop[0], prompt="none")).answer
    assert (await ann.authorize(asking[0], prompt="none")).answer["error"] == "consent_required"
    assert (await ann.authorize(shop[0], prompt="none", max_age="0")).answer["error"] == "login_required"
    page = await nobody.authorize(shop[0], prompt="none")
    assert (page.answer["error"], page.answer["state"]) == ("login_required", "the-state")
    walker = await both(house)
    assert (await walker.authorize(shop[0], prompt="none")).answer["error"] == "account_selection_required"


async def test_an_id_token_hint_picks_its_account_of_several(house, shop):
    walker = await both(house)
    page = await walker.authorize(shop[0])
    tokens = await walker.tokens(shop, await walker.post(page, account=account_of(page, ANN)))
    page = await walker.authorize(shop[0], prompt="none", id_token_hint=tokens["id_token"])
    assert claims(await walker.tokens(shop, page))["sub"] == claims(tokens)["sub"]


async def test_signing_in_as_somebody_else_than_the_hint_names_is_login_required(house, shop):
    ann, other = house.walker(), house.walker()
    await ann.sign_in(ANN, PASSWORD)
    hint = (await ann.tokens(shop, await ann.authorize(shop[0])))["id_token"]
    await other.sign_in(BOB, PASSWORD)
    page = await other.authorize(shop[0], id_token_hint=hint)
    assert page.h1 == says("sign_in.title")
    page = await other.sign_in(BOB, PASSWORD, page)
    assert page.answer["error"] == "login_required"
    assert (await other.authorize(shop[0], id_token_hint=hint, prompt="none")).answer["error"] == "login_required"


async def test_a_login_hint_fills_in_the_address(house, shop):
    page = await house.walker().authorize(shop[0], login_hint=BOB)
    assert page.fields["email"] == BOB


async def test_idle_sessions_and_old_ones_end(house, shop):
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    for _ in range(3):
        house.clock.advance(9 * 86_400)
        page = await ann.authorize(shop[0])
        assert "code" in page.answer
    house.clock.advance(4 * 86_400)  # thirty-one days in all
    assert (await ann.authorize(shop[0])).h1 == says("sign_in.title")


async def test_a_session_of_a_customer_who_was_disabled_counts_no_more(house, shop):
    from limen.identity.administrators import SYSTEM  # noqa: PLC0415

    eve = await house.customer("eve@example.com")
    walker = house.walker()
    await walker.sign_in("eve@example.com", PASSWORD)
    house.clock.advance(1)
    await house.administration().disable(eve.id, SYSTEM)
    assert (await walker.authorize(shop[0])).h1 == says("sign_in.title")
    house.clock.advance(1)
    await house.administration().enable(eve.id, SYSTEM)
    assert (await walker.authorize(shop[0])).h1 == says("sign_in.title")


async def test_one_of_several_sessions_can_be_ended_on_the_account_page(house, shop):
    walker = await both(house)
    page = await walker.get("/account/devices")
    ending = next(form for form in page.forms if "session" in form.fields)
    page = await walker.post(page, form=ending, intent="end_session")
    assert page.notices == [says("notice.session_ended")]
    assert "code" in (await walker.authorize(shop[0])).answer  # one account is left, so nothing is asked


async def test_signing_out_ends_every_session_here_and_none_elsewhere(house, shop):
    walker, elsewhere = await both(house), house.walker()
    await elsewhere.sign_in(ANN, PASSWORD)
    page = await walker.get("/account")
    page = await walker.post(page, form=page.forms[0], intent="sign_out")
    assert page.h1 == says("signed_out.title")
    assert (await walker.get("/account")).h1 == says("sign_in.title")
    assert (await elsewhere.get("/account")).path == "/account"
