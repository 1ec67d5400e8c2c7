"""Codes by short message: a phone is set up, asked for behind the password, and what it costs is bounded."""

import base64
import hmac
import json
import re

import msgspec
import pytest

from limen.access.factors.records import FactorKind
from limen.app.basis import tenancy
from limen.app.front import journey_settings
from limen.app.settings import Settings
from limen.app.settings.sections.leaving import SmsSection
from limen.app.sms import lines_of
from limen.identity.administrators import SYSTEM
from limen.identity.customers.records import Contact
from limen.identity.tenants.assurance import AssuranceSettings
from limen.identity.tenants.management import TenantChange
from limen.identity.tenants.sms import SmsSettings
from limen.integration.messaging.line_types import HookLineTypes
from limen.integration.messaging.text_webhook import WebhookSettings
from limen.kernel.clock import SECOND
from limen.kernel.errors import Misconfigured
from limen.kernel.secret import Secret
from limen.storage.stores.tolls import SqlTolls
from tests.integration.account.test_api import app_of, signed_in
from tests.integration.journeys.test_lost_factors import a_day_later, say_lost
from tests.integration.journeys.test_second_factor import enrolled as with_app
from tests.support.house import PASSWORD, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
NUMBER, OTHER = "+4915123456789", "+4915123456000"
ASKED = says("second_factor.ask.title")
GERMAN = SmsSettings(countries=("DE",))


def press(page, intent):
    """The form of the page that has this button."""
    return next(form for form in page.forms if ("intent", intent) in form.buttons)


def code_of(text):
    """The code of a short message, which stands in its words and in its last line."""
    words, last = text.text.split("\n\n")
    host, code = re.fullmatch(r"@(\S+) #(\d{6})", last).groups()
    assert host == "id.example"
    assert code in words
    return code


async def texts(house, to=NUMBER):
    return await house.mails(to)


async def allow(house, **changes):
    settings = msgspec.structs.replace(house.tenant.settings, **{"sms": GERMAN, **changes})
    done = await tenancy(house.basis, house.tenant).update("default", TenantChange(settings=settings), SYSTEM)
    await house.storage.feed.poll()
    return done


async def begin(walker, intent="add_phone"):
    page = await walker.get("/account/security")
    return await walker.post(page, form=press(page, intent), intent=intent)


async def enrolled(house, walker, number=NUMBER):
    page = await walker.post(await begin(walker), phone=number)
    assert page.h1 == says("phone.code.title"), page
    page = await walker.post(page, form=page.forms[-2], code=code_of((await texts(house))[-1]))
    codes = re.findall(r"<li><code>([a-z2-9]{5}-[a-z2-9]{5})</code>", page.text)
    assert len(codes) == 10
    return codes, await walker.post(page)


async def asked(walker):
    """Sign in as far as the page that waits for the code from the message."""
    page = await walker.sign_in(ANN, PASSWORD)
    assert page.h1 == ASKED
    return await walker.post(page, intent="use:sms")


@pytest.fixture
async def ann(house):
    """Ann, signed in, with a phone."""
    await house.customer(ANN)
    await allow(house)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    walker.codes, _ = await enrolled(house, walker)
    return walker


async def test_a_phone_is_set_up_and_asked_for_at_the_next_sign_in(house_on):
    house = house_on
    await house.customer(ANN)
    await allow(house)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    _, page = await enrolled(house, walker)
    assert "+49 ••• 789" in page.text
    assert NUMBER not in page.text
    other = house.walker(user_agent=SAFARI)
    page = await other.sign_in(ANN, PASSWORD)
    assert len(await texts(house)) == 1  # a message is sent when it is asked for
    page = await other.post(page, intent="use:sms")
    assert page.notices
    assert 'autocomplete="one-time-code"' in page.text
    assert 'inputmode="numeric"' in page.text
    assert (await other.post(page, sms=code_of((await texts(house))[-1]))).path == "/account"
    assert says("mail.phone_added.subject", brand="Limen") in [mail.subject for mail in await house.mails(ANN)]
    assert {"factor.added", "sms.ordered"} <= set(await house.events())


async def test_without_a_country_nothing_is_offered_and_nothing_is_sent(house):
    await house.customer(ANN)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    page = await walker.get("/account/security")
    assert "add_phone" not in page.text
    await allow(house)
    page = await begin(walker)
    await allow(house, sms=SmsSettings())  # taken back while the number is typed
    page = await walker.post(page, phone=NUMBER)
    assert (page.status, page.notices) == (503, [says("error.sms_unavailable")])
    assert await texts(house) == []


def arabic(digits: str) -> str:
    return "".join(chr(0x660 + int(mark)) if mark.isdigit() else mark for mark in digits)


async def test_arabic_digits_and_a_number_without_its_country_are_read(house):
    await house.customer(ANN)
    await allow(house)
    walker = house.walker(language="ar")
    await walker.sign_in(ANN, PASSWORD)
    page = await walker.post(await begin(walker), phone=arabic("0151 23456789"))
    assert (page.dir, page.h1) == ("rtl", says("phone.code.title", "ar"))
    code = code_of((await texts(house))[-1])
    page = await walker.post(page, form=page.forms[-2], code=arabic(code))
    assert page.h1 == says("second_factor.codes.title", "ar")


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "error.required"),
        ("hello", "phone.invalid"),
        ("+49", "phone.invalid"),
        ("9" * 5000, "phone.invalid"),
        ("+1 202 555 0123\u0007", "phone.invalid"),
        ("+4930123456", "phone.not_mobile"),
        ("+49 900 1234567", "phone.not_mobile"),
        ("+881612345678", "phone.not_mobile"),
    ],
)
async def test_a_number_that_gets_no_message_is_refused_with_words_and_kept_in_its_box(house, typed, error):
    await house.customer(ANN)
    await allow(house)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    page = await walker.post(await begin(walker), phone=typed)
    assert (page.status, page.errors) == (400, {"phone": says(error)})
    assert typed[:9].strip() in page.fields["phone"]


async def test_a_country_that_the_tenant_does_not_name_gets_none_and_that_is_on_record(house):
    await house.customer(ANN)
    await allow(house)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    page = await walker.post(await begin(walker), phone="+447400123456")
    assert (page.status, page.notices) == (400, [says("error.sms_country")])
    assert "sms.refused" in await house.events()
    assert await texts(house, "+447400123456") == []


async def test_five_tries_and_no_more_however_many_messages(house, ann):
    stranger = house.walker(address="198.51.100.9")
    page = await asked(stranger)
    real = code_of((await texts(house))[-1])
    wrong = "000000" if real != "000000" else "000001"
    for left in (4, 3, 2, 1, 0):
        page = await stranger.post(page, sms=wrong)
        assert says("error.code_invalid" if left else "error.code_exhausted") in page.alert
    page = await stranger.post(page, intent="use:sms")  # another message brings no tries back
    page = await stranger.post(page, form=press(page, "use:sms"), sms=code_of((await texts(house))[-1]))
    assert says("error.code_exhausted") in page.alert
    assert (await house.events()).count("second_factor.refused") == 5


async def test_a_code_is_good_in_its_journey_alone_for_ten_minutes_and_once(house, ann):
    one, two = house.walker(), house.walker()
    first = await asked(one)
    code = code_of((await texts(house))[-1])
    second = await asked(two)
    page = await two.post(second, sms=code)
    assert page.errors == {"sms": says("error.code_invalid")}
    house.clock.advance(601)
    page = await one.post(first, sms=code)
    assert says("error.code_expired") in page.alert


async def test_messages_of_one_journey_are_bounded_and_going_back_sends_none(house, ann):
    walker = house.walker()
    page = await asked(walker)
    page = await walker.post(page, intent="use:recovery_code")
    page = await walker.post(page, intent="use:sms")
    assert len(await texts(house)) == 2  # one to set it up, one here
    house.clock.advance(7200)
    walker = house.walker()
    page = await asked(walker)
    statuses = [(page := await walker.post(page, intent="resend:sms")).status for _ in range(4)]
    assert statuses == [200] * 4
    page = await walker.post(page, intent="resend:sms")
    assert page.status == 429


async def test_a_recovery_code_stands_in_where_no_message_can_be_sent(house, ann):
    await allow(house, sms=SmsSettings())
    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    page = await walker.post(page, intent="use:sms")
    assert page.status == 503
    page = await walker.post(page, intent="use:recovery_code")
    assert (await walker.post(page, recovery_code=ann.codes[0])).path == "/account"


async def test_another_number_takes_the_place_of_the_first_behind_a_code(house, ann):
    page = await begin(ann)
    assert page.h1 == ASKED
    page = await ann.post(page, intent="use:sms")
    page = await ann.post(page, sms=code_of((await texts(house))[-1]))
    page = await ann.post(page, phone=OTHER)
    page = await ann.post(page, form=page.forms[-2], code=code_of((await texts(house, OTHER))[-1]))
    assert "+49 ••• 000" in page.text
    factors = await factors_of(house)
    assert [kind for kind in factors if kind is not FactorKind.RECOVERY] == [FactorKind.PHONE]


async def factors_of(house):
    async with house.storage.database.read(house.tenant.id) as unit:
        [customer] = await unit.customers.list(after="", limit=9)
        return [factor.kind for factor in await unit.factors.of_customer(customer.id)]


async def test_a_phone_is_removed_behind_a_code_and_takes_the_recovery_codes_along(house, ann):
    page = await begin(ann, "remove_phone")
    page = await ann.post(page, intent="use:recovery_code")
    page = await ann.post(page, recovery_code=ann.codes[0])
    assert page.h1 == says("phone.remove.title")
    page = await ann.post(page)
    assert page.path == "/account/security"
    assert await factors_of(house) == []
    told = [mail.subject for mail in await house.mails(ANN)]
    assert says("mail.phone_removed.subject", brand="Limen") in told


async def test_the_token_says_sms_and_no_second_level_unless_the_tenant_counts_it(house, ann):
    for counts, acr in ((False, "urn:limen:aal:1"), (True, "urn:limen:aal:2")):
        await allow(house, sms=SmsSettings(countries=("DE",), reaches_aal2=counts))
        client = await house.register_client()
        walker = house.walker()
        page = await walker.authorize(client[0], scope="openid")
        page = await walker.post(await walker.sign_in(ANN, PASSWORD, page), intent="use:sms")
        page = await walker.post(page, sms=code_of((await texts(house))[-1]))
        page = await walker.allow(page) if not page.location else page
        claims = payload((await walker.tokens(client, page))["id_token"])
        assert (claims["acr"], set(claims["amr"]) & {"pwd", "sms"}) == (acr, {"pwd", "sms"})


def payload(token):
    body = token.split(".")[1]
    return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


async def test_where_the_second_level_is_a_must_a_phone_that_does_not_reach_it_leads_to_setting_up_an_app(house, ann):
    await allow(house, assurance=AssuranceSettings(level=2))
    walker = house.walker()
    page = await asked(walker)  # the password alone sets up nothing
    page = await walker.post(page, sms=code_of((await texts(house))[-1]))
    assert page.h1 == says("second_factor.begin.title")


async def test_an_address_that_asks_for_many_numbers_is_stopped(house):
    await house.customer(ANN)
    await allow(house, sms=SmsSettings(countries=("DE",), numbers_per_address_day=2))
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    statuses = []
    for number in ("+4915123456789", "+4915223456789", "+4915901234567"):
        page = await walker.post(await begin(walker), phone=number)
        statuses.append(page.status)
    assert statuses == [200, 200, 429]
    assert int(page.headers["retry-after"]) > 0


async def test_numbers_in_a_row_are_stopped_whoever_asks(house):
    await allow(house, sms=SmsSettings(countries=("DE",), numbers_per_block_day=3))
    statuses = []
    for number in range(5):
        await house.customer(f"c{number}@example.com")
        walker = house.walker(address=f"198.51.100.{number}")
        await walker.sign_in(f"c{number}@example.com", PASSWORD)
        page = await walker.post(await begin(walker), phone=f"+4915123456{number:03}")
        statuses.append(page.status)
    assert statuses == [200, 200, 200, 429, 429]


async def test_a_country_where_nobody_types_what_was_sent_is_stopped_once_and_told(house):
    limits = SmsSettings(countries=("DE",), guard_messages=3, guard_percent=20)
    await allow(house, sms=limits)
    statuses = []
    for number in range(6):
        await house.customer(f"c{number}@example.com")
        walker = house.walker(address=f"198.51.100.{number}")
        await walker.sign_in(f"c{number}@example.com", PASSWORD)
        page = await walker.post(await begin(walker), phone=f"+49151{number}3456789")
        statuses.append(page.status)
    assert statuses == [200, 200, 200, 400, 400, 400]
    assert page.notices == [says("error.sms_stopped")]
    assert (await house.events()).count("sms.country_stopped") == 1


async def test_counts_outlive_a_restart_and_the_whole_tenant_has_one(house, ann):
    await allow(house, sms=SmsSettings(countries=("DE",), per_day=2))
    walker = house.walker()
    await asked(walker)
    page = await house.walker().sign_in(ANN, PASSWORD)
    last = house.walker()
    page = await last.post(await last.sign_in(ANN, PASSWORD), intent="use:sms")
    assert page.status == 429
    assert (await house.rows())["tolls"] > 0


async def test_where_the_counters_are_away_nothing_is_sent(house, ann, monkeypatch):
    async def away(*_: object) -> bool:
        raise ConnectionError

    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    sent = len(await texts(house))
    monkeypatch.setattr(SqlTolls, "take", away)
    assert (await walker.post(page, intent="use:sms")).status == 500
    monkeypatch.undo()
    assert len(await texts(house)) == sent
    assert "sms.ordered" not in (await house.events())[-1:]


async def test_what_storage_holds_shows_no_number(house, ann):
    async with house.storage.database.read(house.tenant.id) as unit:
        [customer] = await unit.customers.list(after="", limit=9)
        [phone] = [one for one in await unit.factors.of_customer(customer.id) if one.kind is FactorKind.PHONE]
    assert b"15123456789" not in phone.sealed
    assert phone.digest is not None
    assert "15123456789" not in repr(phone)


async def test_a_number_that_gets_no_more_codes_is_told_so(house, ann):
    gone = says("sms.phone_gone", brand=house.tenant.name)
    page = await begin(ann)
    assert page.h1 == ASKED
    page = await ann.post(page, intent="use:sms")
    page = await ann.post(page, sms=code_of((await texts(house))[-1]))
    page = await ann.post(page, phone=OTHER)
    await ann.post(page, form=page.forms[-2], code=code_of((await texts(house, OTHER))[-1]))
    assert [one.text for one in await texts(house)][-1] == gone
    assert gone not in [one.text for one in await texts(house, OTHER)]
    api = await signed_in(house, ann, await app_of(house))
    [phone] = [one for one in (await api("GET", "/factors")).json()["items"] if one["kind"] == "phone"]
    assert (await api("DELETE", f"/factors/{phone['id']}")).status_code == 204
    assert [one.text for one in await texts(house, OTHER)][-1] == gone


async def test_a_recovery_that_waits_is_told_to_the_phone_each_day_and_when_the_wait_is_over(house, ann):
    waiting, ready = (says(f"sms.recovery_{how}", brand=house.tenant.name) for how in ("waiting", "ready"))
    before = len(await texts(house))
    await say_lost(house, house.walker(user_agent=SAFARI))
    for day in range(4):
        told = [one.text for one in await texts(house)][before:]
        assert told == [waiting] * min(day + 1, 3) + [ready] * (day == 3)
        await a_day_later(house)
    assert not any("/" in text for text in (waiting, ready))  # no link: it says to look at the account


async def test_a_recovery_that_waits_is_told_to_a_number_that_only_names_its_customer_and_lets_it_do_nothing(house):
    await allow(house)
    await house.customer(ANN, phones=(Contact("one", OTHER, house.clock.now()),))
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    await with_app(house, ann)
    page = await say_lost(house, house.walker(user_agent=SAFARI))
    assert not any(("intent", "use:sms") in form.buttons for form in page.forms)
    waiting = says("sms.recovery_waiting", brand=house.tenant.name)
    assert [one.text for one in await texts(house, OTHER)] == [waiting]
    await a_day_later(house)
    assert [one.text for one in await texts(house, OTHER)] == [waiting, waiting]


async def test_each_of_many_numbers_is_told_of_a_recovery_to_the_last(house):
    await allow(house)
    house.clock.advance(86_400 - house.clock.now() // SECOND % 86_400 + 900)  # a quarter past midnight: two days touch
    others = [OTHER, "+4915123456001", "+4915123456002"]
    since = house.clock.now()
    await house.customer(ANN, phones=tuple(Contact(f"p{n}", number, since) for n, number in enumerate(others)))
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD)
    await enrolled(house, ann)
    before = len(await texts(house))
    await say_lost(house, house.walker(user_agent=SAFARI))
    for _ in range(3):
        await texts(house)  # delivered: what waits for longer than a day is sent no more
        await a_day_later(house)
    waiting, ready = (says(f"sms.recovery_{how}", brand=house.tenant.name) for how in ("waiting", "ready"))
    told = {number: [one.text for one in await texts(house, number)] for number in (NUMBER, *others)}
    told[NUMBER] = told[NUMBER][before:]
    assert set(map(tuple, told.values())) == {(waiting, waiting, waiting, ready)}


async def test_a_recovery_is_not_told_to_a_number_whose_country_is_no_longer_served(house, ann):
    before = len(await texts(house))
    await allow(house, sms=SmsSettings(countries=("FR",)))
    await say_lost(house, house.walker(user_agent=SAFARI))
    await a_day_later(house, 3)
    assert len(await texts(house)) == before


# ---------------------------------------------------------------------------------------------------- kinds of lines

HOOK = "https://lines.example/of"
KEY = b"k" * 32


@pytest.fixture
def hooked(monkeypatch):
    """The operator has a hook that knows kinds of lines."""
    secret = Secret("whsec_" + base64.b64encode(KEY).decode())

    def lines(_settings, outgoing, clock, entropy):
        return HookLineTypes(WebhookSettings(HOOK, secret, 3.0), outgoing, clock, entropy)

    monkeypatch.setattr("limen.app.compose.lines_of", lines)


async def typed(house, walker, **settings):
    """Type a number, where the tenant says what *settings* do of lines."""
    await allow(house, sms=SmsSettings(countries=("DE",), **settings))
    return await walker.post(await begin(walker), phone=NUMBER)


@pytest.mark.usefixtures("hooked")
async def test_a_number_is_set_up_on_no_line_that_the_tenant_refuses_and_silence_has_a_stance(build_house):
    async with build_house() as house:
        await house.customer(ANN)
        await allow(house)
        walker = house.walker()
        await walker.sign_in(ANN, PASSWORD)
        code = says("phone.code.title")
        assert (await typed(house, walker)).h1 == code  # the hook is away
        page = await typed(house, walker, lines_away="closed")
        assert page.errors["phone"] == says("error.line_away")
        house.web.serve(HOOK, {"line_type": "voip"})
        page = await typed(house, walker)
        assert (page.errors["phone"], page.fields["phone"]) == (says("error.line_refused"), NUMBER)
        assert (await typed(house, walker, refused_lines=("landline",))).h1 == code
        house.web.serve(HOOK, {"line_type": "submarine"})  # no answer of ours is none
        assert (await typed(house, walker, lines_away="closed")).errors["phone"] == says("error.line_away")
        assert (await house.events()).count("sms.refused") == 3
        notice = house.web.posted[0][1]
        headers = {name: value.reveal() for name, value in notice.headers}
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + notice.body
        mac = base64.b64encode(hmac.digest(KEY, signed, "sha256")).decode()
        assert headers["webhook-signature"] == f"v1,{mac}"
        assert json.loads(notice.body) == {"type": "phone.line_type", "data": {"number": NUMBER}}


@pytest.mark.usefixtures("hooked")
async def test_nobody_has_lines_asked_about_without_end_or_of_countries_to_which_nothing_is_sent(
    build_house, monkeypatch
):
    monkeypatch.setattr("limen.app.front.journey_settings", lambda limits, _ceiling: journey_settings(limits, 2))
    async with build_house() as house:
        house.web.serve(HOOK, {"line_type": "voip"})
        await house.customer(ANN)
        await allow(house)
        walker = house.walker()
        await walker.sign_in(ANN, PASSWORD)
        page = await walker.post(await begin(walker), phone="+33612345678")
        assert (page.status, page.notices[:1], house.web.posted) == (400, [says("error.sms_country")], [])
        said = [(await typed(house, walker)).status for _ in range(4)]
        assert (said, len(house.web.posted)) == ([400, 400, 429, 429], 2)


async def test_a_hook_without_a_secret_is_named_at_the_start():
    settings = Settings(sms=SmsSection(line_type_url=HOOK, line_type_secret=Secret("short")))
    with pytest.raises(Misconfigured, match=r"sms\.line_type_secret"):
        lines_of(settings, None, None, None)
