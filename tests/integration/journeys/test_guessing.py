"""Each kind of code is used up over HTTP with the configured number, by guesses from many addresses and journeys.

The numbers of the settings as they are delivered, and the odds, are a page of the reference (``limen.app.guessing``).
"""

import itertools

import pytest

from limen.identity.tenants.sms import SmsSettings
from tests.integration.account.test_emails import add as add_email
from tests.integration.journeys.test_passkey_refusals import reasons
from tests.integration.journeys.test_second_factor import ASKED, enrolled, now_code, press, settings
from tests.integration.journeys.test_sms import NUMBER, allow, code_of, texts
from tests.integration.journeys.test_sms import enrolled as with_phone
from tests.support.house import PASSWORD, code_in, says

pytestmark = pytest.mark.anyio
ANN, WORK, NOBODY = "ann@example.com", "ann@work.example", "nobody@example.com"
FEW = 4
DAY = 86_400


def strangers(house):
    """Walkers without end, each in a browser and at an address of their own."""
    for number in itertools.count(1):
        yield house.walker(address=f"198.51.{number // 250}.{number % 250 + 1}")


async def used_up(house, guess):
    """Guess until nobody may any more; return how many guesses were looked at."""
    for number, stranger in enumerate(itertools.islice(strangers(house), 4 * FEW)):
        if (await guess(stranger)).status == 429:
            return number
    pytest.fail("nothing bounds the guesses")


async def owner(house):
    """Ann, signed in at home."""
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    return walker


def other(code):
    """A code that is not this one."""
    return str((int(code) + 1) % 1_000_000).zfill(6)


async def test_passwords(build_house):
    async with build_house(sign_in_per_identifier=f"{FEW}/600") as house:
        ann = await owner(house)

        async def guess(stranger):
            return await stranger.sign_in(ANN, "wrong horse battery")

        assert await used_up(house, guess) == FEW - 1  # her own sign-in was at a browser that nobody knew yet
        right = await house.walker(address="203.0.113.1").sign_in(ANN, PASSWORD)
        assert right.status == 429
        await ann.post(await ann.get("/account"), form=press(await ann.get("/account"), "sign_out"), intent="sign_out")
        assert (await ann.sign_in(ANN, PASSWORD)).path == "/account"  # nobody shuts her out at her own browser
        house.clock.advance(1_200)
        assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"


async def test_more_names_bring_no_more_tries_and_nothing_tells_that_they_are_of_one_account(build_house):
    bounds = {"sign_in_per_identifier": f"{FEW}/600", "codes_per_identifier": f"{FEW}/{DAY}"}
    async with build_house(**bounds, mails_per_identifier="off") as house:
        await add_email(house, await owner(house), WORK)
        house.clock.advance(1_200)
        come = strangers(house)
        for _ in range(FEW):
            assert (await next(come).sign_in(ANN, "wrong horse battery")).status == 400
        wrong = [await next(come).sign_in(email, PASSWORD) for email in (WORK, NOBODY)]
        assert {page.status for page in wrong} == {400}
        assert all(says("error.invalid_credentials") in page.alert for page in wrong)
        assert (await reasons(house))[-2] == "throttled"
        house.clock.advance(1_200)
        assert (await next(come).sign_in(WORK, PASSWORD)).path == "/account"

        async def guessed(email, shift):
            walker = next(come)
            page = await walker.post(await walker.get("/recover"), email=email)
            return await walker.post(page, code=shift(code_in((await house.mails(email))[-1])))

        assert [(await guessed(ANN, other)).status for _ in range(FEW)] == [400] * FEW
        assert (await guessed(WORK, str)).errors == {"code": says("error.code_invalid")}
        house.clock.advance(2 * DAY)
        assert (await guessed(WORK, str)).h1 == says("new_password.title")


async def test_after_a_hundred_failures_a_password_counts_no_more(build_house):
    async with build_house(sign_in_per_identifier="off") as house:
        await house.customer(ANN)
        for stranger in itertools.islice(strangers(house), 100):
            await stranger.sign_in(ANN, "wrong horse battery")
        assert (await house.walker().sign_in(ANN, PASSWORD)).status == 400


@pytest.mark.parametrize("begin", ["sign-in", "recover"])
async def test_mailed_codes_across_journeys_and_another_message_brings_none_back(build_house, begin):
    async with build_house(codes_per_identifier=f"{FEW}/{DAY}", mails_per_identifier="off") as house:
        await house.customer(ANN)

        async def asked(stranger):
            more = {"intent": "use:email_code", "password": None} if begin == "sign-in" else {}
            return await stranger.post(await stranger.get(f"/{begin}"), email=ANN, **more)

        async def guess(stranger):
            page = await asked(stranger)
            page = await stranger.post(page, intent="resend", code=None)
            return await stranger.post(page, code=other(code_in((await house.mails(ANN))[-1])))

        assert await used_up(house, guess) == FEW
        last = house.walker(address="203.0.113.1")
        page = await asked(last)
        assert (await last.post(page, code=code_in((await house.mails(ANN))[-1]))).status == 429


async def test_one_mailed_code_has_five_tries_in_however_many_tabs(house):
    await house.customer(ANN)
    walker = house.walker()
    page = await walker.post(await walker.get("/recover"), email=ANN)
    code = code_in((await house.mails(ANN))[-1])
    for number in range(5):
        page = await walker.post(await walker.get(page.path), code=other(code))
        assert page.errors["code"] == says("error.code_invalid" if number < 4 else "error.code_exhausted")
    assert (await walker.post(page, code=code)).status == 400


async def test_a_link_is_right_or_unknown_and_a_guess_tells_nothing_more(house):
    await house.customer(ANN)
    await house.walker().post(await house.walker().get("/recover"), email=ANN)
    answers = {(await stranger.get(f"/link/{'A' * 31}{number % 10}")).status
               for number, stranger in enumerate(itertools.islice(strangers(house), 10))}  # fmt: skip
    assert answers == {410}


class TestSecondSteps:
    """Whoever knows the password, and guesses on."""

    async def guessing(self, house, field, wrong, use=None):
        async def guess(stranger):
            page = await stranger.sign_in(ANN, PASSWORD)
            assert page.h1 == ASKED, page
            if use is not None:
                page = await stranger.post(page, intent=f"use:{use}")
            answer = await wrong() if callable(wrong) else wrong
            return await stranger.post(page, **{field: answer, "intent": None})

        return await used_up(house, guess)

    def house_of(self, build_house):
        return build_house(
            second_factor_per_customer=f"{FEW}/{DAY}", sign_in_per_identifier="off", mails_per_identifier="off"
        )

    async def test_of_an_app(self, build_house):
        async with self.house_of(build_house) as house:
            totp, _, _ = await enrolled(house, await owner(house))
            assert await self.guessing(house, "code", "000000") == FEW
            last = house.walker(address="203.0.113.1")
            page = await last.sign_in(ANN, PASSWORD)
            assert (await last.post(page, code=now_code(house, totp))).status == 429
            house.clock.advance(2 * DAY)
            last = house.walker(address="203.0.113.1")
            assert (await last.post(await last.sign_in(ANN, PASSWORD), code=now_code(house, totp))).path == "/account"

    async def test_of_recovery_codes(self, build_house):
        async with self.house_of(build_house) as house:
            _, codes, _ = await enrolled(house, await owner(house))
            tried = await self.guessing(house, "recovery_code", "22222-22222", use="recovery_code")
            assert tried == FEW
            last = house.walker(address="203.0.113.1")
            page = await last.post(await last.sign_in(ANN, PASSWORD), intent="use:recovery_code")
            assert (await last.post(page, recovery_code=codes[0])).status == 429

    async def test_of_short_messages(self, build_house):
        async with self.house_of(build_house) as house:
            ann = await owner(house)
            most = {"per_number_hour": 100, "per_number_day": 100, "per_customer_day": 100}
            known = {name: value for name, value in most.items() if name in SmsSettings.__struct_fields__}
            await allow(house, sms=SmsSettings(countries=("DE",), **known))
            await with_phone(house, ann)

            async def wrong():
                return other(code_of((await texts(house, NUMBER))[-1]))

            assert await self.guessing(house, "sms", wrong, use="sms") == FEW

    async def test_of_mailed_codes(self, build_house):
        async with self.house_of(build_house) as house:
            ann = await owner(house)
            await settings(house, email_second_factor=True)
            page = await ann.get("/account/security")
            page = await ann.post(page, form=press(page, "add_mailed_codes"), intent="add_mailed_codes")
            await ann.post(page)

            async def wrong():
                return other(code_in((await house.mails(ANN))[-1]))

            assert await self.guessing(house, "email_code", wrong, use="email_code") == FEW


async def test_codes_of_devices_by_address_browser_and_for_the_whole_tenant(build_house):
    async with build_house(user_codes_per_tenant=f"{FEW}/600") as house:
        await house.customer(ANN)

        async def guess(stranger):
            page = await stranger.get("/device")
            return await stranger.post(page, user_code="BCDF-GHJK")

        assert await used_up(house, guess) == FEW
    async with build_house(user_codes_per_address="2/600", user_codes_per_browser="off") as house:
        statuses = [(await guess(house.walker())).status for _ in range(3)]
        assert statuses[2] == 429
        assert (await guess(house.walker(address="203.0.113.1"))).status != 429
