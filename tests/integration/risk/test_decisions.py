"""What is decided of a risk, at which action and for which application, and what of it a customer sees."""

import msgspec
import pytest
from sqlalchemy import update

from limen.identity.tenants.risk import RiskRule, RiskSettings
from limen.storage.schema.trust import risk_histories
from tests.integration.attacks.kit import set_up
from tests.integration.journeys.test_passkey import add, by_passkey
from tests.integration.journeys.test_second_factor import press
from tests.integration.risk.test_sign_in import ABROAD, ANN, ASKED, at_home
from tests.support.authenticator import Authenticator
from tests.support.house import PASSWORD, code_in, says

pytestmark = pytest.mark.anyio
ALWAYS = {"notify": 0, "challenge": 1, "delay": 0, "deny": 0}
"""Of a thousand: what nearly every sign-in at a new browser reaches."""


def settings(**changes):
    return RiskSettings(**{"mode": "on", **ALWAYS, **changes})


def decisions(house):
    """What was decided, oldest first."""
    return [data for name, data in house.announced if name == "risk.assessed"]


def last(house):
    said = decisions(house)[-1]
    return said["action"], said["outcome"], said["enforced"]


async def subjects(house):
    return [mail.subject for mail in await house.mails(ANN)]


async def test_a_denied_password_looks_like_a_wrong_one_and_counts_for_none(house_on):
    house = house_on
    await at_home(house)
    await set_up(house, risk=settings(deny=1))
    thief = house.walker(**ABROAD)
    page = await thief.get("/sign-in")
    wrong = await thief.post(page, email=ANN, password="wrong horse battery staple")
    page = await thief.get("/sign-in")
    denied = await thief.post(page, email=ANN, password=PASSWORD)
    assert (denied.status, denied.h1, denied.errors) == (wrong.status, wrong.h1, wrong.errors)
    assert (await thief.get("/account")).path != "/account"
    assert last(house) == ("sign_in", "deny", True)
    assert "sign_in.failed" in await house.events()


async def test_a_notice_follows_a_sign_in_that_succeeds(house):
    await at_home(house)
    await set_up(house, risk=settings(notify=1, challenge=0))
    assert (await house.walker(**ABROAD).sign_in(ANN, PASSWORD)).path == "/account"
    assert says("mail.unusual_sign_in.subject", brand="Limen") in await subjects(house)
    assert last(house) == ("sign_in", "notify", True)


async def test_a_delayed_answer_waits(house):
    await at_home(house)
    await set_up(house, risk=settings(challenge=0, delay=1, delay_seconds=7))
    with house.watching() as trace:
        await house.walker(**ABROAD).sign_in(ANN, PASSWORD)
    assert 7 in trace.slept
    assert last(house) == ("sign_in", "delay", True)


async def test_a_passkey_is_weighed_and_its_owner_proves_the_mailbox(house):
    ann = await at_home(house)
    key = Authenticator()
    await ann.sign_in(ANN, PASSWORD)
    await add(ann, key)
    await set_up(house, risk=settings(challenge=0, deny=1))
    other = house.walker(**ABROAD)
    page = await by_passkey(other, key)
    assert (page.status, says("error.passkey_refused") in page.text) == (400, True)
    await set_up(house, risk=settings())
    page = await by_passkey(other, key)
    assert page.h1 == ASKED
    assert (await other.post(page, code=code_in((await house.mails(ANN))[-1]))).path == "/account"
    assert {"deny", "challenge"} < {one["outcome"] for one in decisions(house)}


async def test_a_mailed_code_is_nothing_beside_itself_so_its_owner_is_told(house):
    await at_home(house)
    sign_in = msgspec.structs.replace(house.tenant.settings.sign_in, email_code=True)
    await set_up(house, risk=settings(), sign_in=sign_in)
    walker = house.walker(**ABROAD)
    page = await walker.post(await walker.get("/sign-in"), email=ANN, intent="use:email_code")
    assert (await walker.post(page, code=code_in((await house.mails(ANN))[-1]))).path == "/account"
    assert last(house) == ("sign_in", "challenge", False)
    assert says("mail.unusual_sign_in.subject", brand="Limen") in await subjects(house)


async def test_a_denied_recovery_looks_like_a_wrong_code(house):
    await at_home(house)
    await set_up(house, risk=settings(challenge=0, rules=(RiskRule(action="recovery", deny=1),)))
    walker = house.walker(**ABROAD)
    page = await walker.post(await walker.get("/recover"), email=ANN)
    page = await walker.post(page, code=code_in((await house.mails(ANN))[-1]))
    assert (page.status, says("error.code_invalid") in page.text) == (400, True)
    assert last(house) == ("recovery", "deny", True)
    assert (await house.walker(**ABROAD).sign_in(ANN, PASSWORD)).path == "/account"  # the rule is of recoveries


async def test_a_change_is_weighed_where_it_begins(house):
    await at_home(house)
    ann, thief = house.walker(), house.walker(**ABROAD)
    await ann.sign_in(ANN, PASSWORD)
    thief.carry(ann.cookie)
    await set_up(house, risk=settings(challenge=0, rules=(RiskRule(action="factor_change", challenge=1),)))
    page = await thief.get("/account/security")
    page = await thief.post(page, form=press(page, "change_password"), intent="change_password")
    assert page.h1 == ASKED
    page = await thief.post(page, intent="resend")
    page = await thief.post(page, code=code_in((await house.mails(ANN))[-1]))
    assert page.h1 == says("change_password.title")
    await set_up(house, risk=settings(challenge=0, rules=(RiskRule(action="factor_change", deny=1),)))
    house.clock.advance(1)
    page = await thief.get("/account/security")
    page = await thief.post(page, form=press(page, "change_password"), intent="change_password")
    assert page.status == 429
    assert last(house) == ("factor_change", "deny", True)


async def test_a_rule_of_an_application_holds_for_it_alone(house):
    await at_home(house)
    shop = await house.register_client(require_consent=False)
    await set_up(house, risk=settings(challenge=0, rules=(RiskRule(client=shop[0], challenge=1),)))
    thief = house.walker(**ABROAD)
    assert (await thief.sign_in(ANN, PASSWORD, await thief.authorize(shop[0]))).h1 == ASKED
    assert decisions(house)[-1]["client"] == shop[0]
    assert (await thief.sign_in(ANN, PASSWORD)).path == "/account"


async def test_whose_history_cannot_be_read_meets_the_tenants_stance(house):
    await at_home(house, 2)
    for stance, path in (("challenge", None), ("allow", "/account")):
        await set_up(house, risk=settings(challenge=0, when_away=stance))
        async with house.storage.database.begin(house.tenant.id) as unit:
            await unit.connection.execute(update(risk_histories).values(sealed=b"damaged"))
        page = await house.walker().sign_in(ANN, PASSWORD)
        assert (page.h1 == ASKED) if path is None else (page.path == path)
