"""Signing up: nothing exists until the address is proven, and who watches learns nothing."""

import asyncio

import pytest

from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import TenantSettings
from tests.support.house import PASSWORD, code_in, link_in, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"


async def test_a_mailed_code_makes_the_account_and_signs_in(house_on):
    ann = house_on.walker()
    page = await ann.begin_sign_up(ANN, PASSWORD)
    assert page.h1 == says("verify.title")
    page = await ann.post(page, code=code_in((await house_on.mails())[-1]))
    assert (page.path, page.status) == ("/account", 200)
    assert ANN in page.text
    assert "customer.registered" in await house_on.events()


async def test_a_link_confirmed_where_the_sign_up_began_signs_in(house_on):
    ann = house_on.walker()
    await ann.begin_sign_up(ANN, PASSWORD)
    page = await ann.get(link_in((await house_on.mails())[-1]))
    assert page.h1 == says("link.verify.title")
    assert (await house_on.rows())["customers"] == 0
    page = await ann.post(page)
    assert page.path == "/account"


async def test_a_link_opened_in_another_browser_names_the_device_and_shows_the_code_but_signs_nobody_in(house):
    ann, phone = house.walker(), house.walker(user_agent=SAFARI, address="198.51.100.4")
    waiting = await ann.begin_sign_up(ANN, PASSWORD)
    link = link_in((await house.mails())[-1])
    page = await phone.get(link)
    assert page.h1 == says("elsewhere.title")
    assert "Firefox, Linux" in page.text
    code = code_in((await house.mails())[-1])
    assert code not in page.text  # a scanner would have read it
    page = await phone.post(page)
    assert page.h1 == says("link_code.title")
    assert code in page.text
    assert phone.cookie == ""
    assert (await phone.get("/account")).h1 == says("sign_in.title")
    assert (await ann.post(waiting, code=code)).path == "/account"


async def test_until_the_address_is_proven_there_is_no_customer_and_the_address_is_free(house):
    stranger, ann = house.walker(), house.walker()
    await stranger.begin_sign_up(ANN, "the stranger's own password")
    rows = await house.rows()
    assert (rows["customers"], rows["contact_index"], rows["passwords"]) == (0, 0, 0)
    page = await ann.sign_up(ANN, PASSWORD)
    assert page.path == "/account"
    assert (await house.rows())["customers"] == 1


async def test_whoever_proves_the_address_second_gets_no_account_and_the_first_password_stays(house):
    slow, quick = house.walker(), house.walker()
    waiting = await slow.begin_sign_up(ANN, "the slow one's password")
    code = code_in((await house.mails())[-1])
    await quick.sign_up(ANN, PASSWORD)
    page = await slow.post(waiting, code=code)
    assert page.h1 == says("verify.title")
    assert page.notices == [says("error.stale")]
    assert (await slow.get("/account")).h1 == says("sign_in.title")
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"
    assert (await house.rows())["customers"] == 1


async def test_a_taken_address_is_shown_the_same_page_and_its_owner_gets_another_mail(house):
    await house.customer(ANN)
    free = await house.walker().begin_sign_up("bob@example.com", PASSWORD)
    taken = await house.walker().begin_sign_up(ANN, PASSWORD)
    assert (taken.status, taken.h1, taken.notices) == (free.status, free.h1, free.notices)
    [mail] = await house.mails(ANN)
    assert "/link/" not in mail.text
    assert f"{house.tenant.issuer}/sign-in" in mail.text


@pytest.mark.parametrize("code", ["000000", "", "999999"])
async def test_no_code_is_right_for_a_taken_address(house, code):
    await house.customer(ANN)
    ann = house.walker()
    page = await ann.post(await ann.begin_sign_up(ANN, PASSWORD), code=code)
    assert page.status == 400
    assert page.errors == {"code": says("error.code_invalid")}
    assert (await house.rows())["sessions"] == 0


async def test_a_code_has_five_tries_and_a_new_code_brings_none_back(house):
    ann = house.walker()
    page = await ann.begin_sign_up(ANN, PASSWORD)
    wrong = "000000" if code_in((await house.mails())[-1]) != "000000" else "111111"
    for _ in range(4):
        page = await ann.post(page, code=wrong)
        assert page.errors == {"code": says("error.code_invalid")}
    page = await ann.post(page, code=wrong)
    assert page.errors == {"code": says("error.code_exhausted")}
    page = await ann.post(page, code=code_in((await house.mails())[-1]))
    assert page.errors == {"code": says("error.code_exhausted")}
    page = await ann.post(page, intent="resend", code=None)
    page = await ann.post(page, code=wrong)
    assert page.errors == {"code": says("error.code_exhausted")}


async def test_a_code_expires_and_another_can_be_sent(house):
    ann = house.walker()
    page = await ann.begin_sign_up(ANN, PASSWORD)
    code = code_in((await house.mails())[-1])
    house.clock.advance(901)
    page = await ann.post(page, code=code)
    assert page.errors == {"code": says("error.code_expired")}
    page = await ann.post(page, intent="resend", code=None)
    assert page.notices == [says("notice.code_sent")]
    page = await ann.post(page, code=code_in((await house.mails())[-1]))
    assert page.path == "/account"


async def test_a_code_that_was_replaced_is_not_taken_and_neither_is_its_link(house):
    ann = house.walker()
    page = await ann.begin_sign_up(ANN, PASSWORD)
    [first] = await house.mails()
    page = await ann.post(page, intent="resend", code=None)
    assert (await ann.get(link_in(first))).status == 410
    page = await ann.post(page, code=code_in(first))
    assert page.errors == {"code": says("error.code_invalid")}


async def test_only_so_many_codes_are_sent(house):
    ann = house.walker()
    page = await ann.begin_sign_up(ANN, PASSWORD)
    for _ in range(6):
        page = await ann.post(page, intent="resend", code=None)
    assert page.status == 429
    assert len(await house.mails()) == 5


async def test_digits_may_be_typed_with_spaces_and_in_ones_own_numerals(house):
    ann = house.walker()
    page = await ann.begin_sign_up(ANN, PASSWORD)
    code = code_in((await house.mails())[-1])
    arabic = code.translate({ord("0") + digit: chr(0x660 + digit) for digit in range(10)})
    assert (await ann.post(page, code=f" {arabic[:3]} {arabic[3:]} ")).path == "/account"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": ""}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"password": "ann@example.com"}, "password"),
        ({"name": "a\x07b"}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"name": "a\u202eb"}, "name"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(house, typed, field):
    ann = house.walker()
    sent = {"email": ANN, "name": "Ann Lee", "password": PASSWORD, **typed}
    page = await ann.post(await ann.get("/sign-up"), **sent)
    assert page.status == 400
    assert list(page.errors) == [field]
    assert page.fields["password"] == ""
    if field == "password":
        assert (page.fields["email"], page.fields["name"]) == (ANN, "Ann Lee")
    assert await house.mails() == []


async def test_where_sign_up_is_closed_there_is_no_page_no_button_and_no_way_round(house):
    closed = await house.add_tenant("closed", TenantSettings(sign_up_open=False))
    await house.storage.feed.poll()
    ann = house.walker(prefix="/t/closed")
    assert (await ann.get("/sign-up")).status == 403
    page = await ann.get("/sign-in")
    assert ("intent", "sign_up") not in page.form.buttons
    page = await ann.post(page, intent="sign_up", email=None, password=None)
    assert page.h1 == says("sign_in.title")
    assert (await house.rows(closed))["customers"] == 0


async def test_an_address_can_be_changed_before_it_is_proven(house):
    ann = house.walker()
    page = await ann.begin_sign_up("ann@exmaple.com", PASSWORD)
    page = await ann.post(page, intent="change_email", code=None)
    assert page.h1 == says("sign_up.title")
    assert page.fields["email"] == "ann@exmaple.com"
    page = await ann.post(page, email=ANN, password=PASSWORD)
    assert (await house.mails())[-1].to == ANN
    assert (await ann.post(page, code=code_in((await house.mails())[-1]))).path == "/account"


async def test_one_address_in_two_spellings_is_one_account(house):
    await house.walker().sign_up("Ann@Example.COM", PASSWORD)
    await house.walker().begin_sign_up("ann@example.com", PASSWORD)
    assert "/link/" not in (await house.mails())[-1].text


async def test_two_journeys_that_prove_one_address_at_once_make_one_account(house_on):
    walkers = [house_on.walker() for _ in range(2)]
    pages = [await walker.begin_sign_up(ANN, PASSWORD) for walker in walkers]
    codes = [code_in(mail) for mail in await house_on.mails()]
    answers = await asyncio.gather(
        *(walker.post(page, code=code) for walker, page, code in zip(walkers, pages, codes, strict=True))
    )
    assert sorted(answer.path == "/account" for answer in answers) == [False, True]
    assert all(answer.status < 500 for answer in answers)
    rows = await house_on.rows()
    assert (rows["customers"], rows["contact_index"], rows["sessions"]) == (1, 1, 1)


async def test_a_customer_whom_an_administrator_erased_can_sign_up_again(house):
    customer = await house.customer(ANN)
    await house.administration().delete(customer.id, SYSTEM)
    assert (await house.walker().sign_up(ANN, PASSWORD)).path == "/account"


async def test_the_form_leads_to_the_terms_and_the_privacy_policy_of_the_tenant(house):
    settings = TenantSettings(terms_url="https://acme.example/terms", privacy_url="https://acme.example/privacy")
    await house.add_tenant("acme", settings)
    await house.storage.feed.poll()
    page = await house.walker(prefix="/t/acme").get("/sign-up")
    for address in ("https://acme.example/terms", "https://acme.example/privacy"):
        assert f'href="{address}"' in page.text
    assert says("sign_up.read_first") in page.text
    assert says("sign_up.read_first") not in (await house.walker().get("/sign-up")).text
