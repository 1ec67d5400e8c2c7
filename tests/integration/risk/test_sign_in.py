"""Risk at the door: who is asked for more, who is not, what is on record, and what the shadow does."""

import pytest

from limen.identity.tenants.risk import RiskSettings
from limen.kernel.clock import DAY, SECOND
from tests.integration.attacks.kit import set_up
from tests.integration.journeys.test_safe_changes import sign_out
from tests.support.house import PASSWORD, code_in, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
ASKED = says("doubted.title")
ABROAD = {"address": "203.0.113.9", "user_agent": "Mozilla/5.0 (Linux; Android 9; X1) Chrome/70.0 Mobile"}


async def at_home(house, times=6):
    """Return Ann's browser after some days of signing in from it."""
    await house.customer(ANN)
    ann = house.walker()
    for _ in range(times):
        assert (await ann.sign_in(ANN, PASSWORD)).path == "/account"
        await sign_out(ann)
        house.clock.advance(DAY // SECOND)
    return ann


def assessed(house):
    """Return what was announced of assessments, oldest first."""
    return [data for name, data in house.announced if name == "risk.assessed"]


async def test_the_same_device_passes_silently_and_a_stranger_abroad_is_asked(house_on):
    house = house_on
    await set_up(house, risk=RiskSettings(mode="on"))
    ann = await at_home(house)
    assert (await ann.sign_in(ANN, PASSWORD)).path == "/account"
    thief = house.walker(**ABROAD)
    page = await thief.sign_in(ANN, PASSWORD)
    assert (page.status, page.h1) == (200, ASKED)
    assert (await thief.get("/account")).path != "/account"
    mail = (await house.mails(ANN))[-1]
    assert mail.subject == says("mail.doubted_code.subject", brand="Limen")
    said = assessed(house)
    assert len(said) == 7  # not of the first sign-in, which has nothing to be compared with
    assert {one["outcome"] for one in said[:-1]} == {"allow"}
    assert said[-1]["outcome"] == "challenge"
    assert "risk.reason.new_device" in said[-1]["reasons"]
    assert "203.0.113" not in str(said)
    # It was Ann after all: she proves it, and the phone is hers from now on.
    assert (await thief.post(page, code=code_in(mail))).path == "/account"
    await sign_out(thief)
    assert (await thief.sign_in(ANN, PASSWORD)).path == "/account"


async def test_the_shadow_scores_and_asks_nobody(house):
    assert house.tenant.settings.risk.mode == "shadow"  # as it is at first
    await at_home(house)
    assert (await house.walker(**ABROAD).sign_in(ANN, PASSWORD)).path == "/account"
    said = assessed(house)[-1]
    assert (said["outcome"], said["enforced"]) == ("challenge", False)


async def test_off_scores_nothing_and_remembers_nothing(house):
    await set_up(house, risk=RiskSettings(mode="off"))
    await at_home(house, 2)
    assert (await house.walker(**ABROAD).sign_in(ANN, PASSWORD)).path == "/account"
    assert assessed(house) == []


async def test_a_threshold_that_nobody_reaches_asks_nobody(house):
    await set_up(house, risk=RiskSettings(mode="on", challenge=1000))
    await at_home(house)
    assert (await house.walker(**ABROAD).sign_in(ANN, PASSWORD)).path == "/account"


async def test_a_wrong_password_does_the_same_for_known_and_unknown(house):
    await at_home(house)
    traces = []
    for email in ("first@example.com", ANN, "nobody@example.com"):  # what is read at the first refusal is remembered
        walker = house.walker(**ABROAD)
        page = await walker.get("/sign-in")
        with house.watching() as trace:
            await walker.post(page, email=email, password="wrong horse battery staple")
        traces.append((trace.statements, trace.hashes, trace.events))
    assert traces[1] == traces[2]


async def test_a_history_goes_with_its_customer(house):
    await at_home(house, 1)
    async with house.storage.database.begin(house.tenant.id) as unit:
        customer = await unit.customers.find_by_contact("email", await house.directory().email_index(ANN))
        assert await unit.risk.history(customer.id)
        await unit.customers.delete(customer.id)
        assert await unit.risk.history(customer.id) == b""
