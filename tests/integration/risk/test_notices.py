"""Who is told of a sign-in at a new browser or from a new country, how often, and what the link in it does."""

import pytest

from limen.identity.tenants.notices import NoticeSettings
from limen.kernel.clock import DAY, SECOND
from limen.trust.geography.atlas import Atlas
from limen.trust.risk.records import COUNTRY
from limen.trust.risk.whereabouts import Whereabouts
from tests.integration.attacks.kit import set_up
from tests.integration.journeys.test_safe_changes import secure_in, sign_out
from tests.support.house import PASSWORD, code_in, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"


async def told(house, template="new_device"):
    subject = says(f"mail.{template}.subject", brand=house.tenant.name)
    return [mail for mail in await house.mails(ANN) if mail.subject == subject]


@pytest.fixture
async def telling(house_on):
    """A house that tells, as one does at first, and Ann, who has signed in once."""
    await set_up(house_on, notices=NoticeSettings())
    await house_on.customer(ANN)
    house_on.ann = house_on.walker()
    await house_on.ann.sign_in(ANN, PASSWORD)
    await sign_out(house_on.ann)
    return house_on


async def test_a_new_browser_is_told_of_and_the_link_throws_its_thief_out(telling):
    house = telling
    assert await told(house) == []  # of the first sign-in there is nothing to tell
    await house.ann.sign_in(ANN, PASSWORD)
    assert await told(house) == []
    shop = await house.register_client(require_consent=False)
    thief = house.walker(user_agent=SAFARI)
    await thief.sign_in(ANN, PASSWORD)
    tokens = await thief.tokens(shop, await thief.authorize(shop[0]))
    (mail,) = await told(house)
    assert "Safari" in mail.text
    assert "sign_in.unfamiliar" in await house.events()
    house.clock.advance(5)
    anywhere = house.walker()
    page = await anywhere.get(secure_in(mail))
    assert (await thief.get("/account")).path == "/account"  # looking does nothing
    await anywhere.post(page)
    assert (await thief.get("/account")).path != "/account"
    refreshed = await thief.token(shop, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed["status"] == 400
    assert (await house.walker().sign_in(ANN, PASSWORD)).path != "/account"  # recovery leads in again


async def test_no_more_than_so_many_a_day_and_of_a_known_browser_never_again(telling):
    house = telling
    browsers = [house.walker() for _ in range(5)]
    for browser in browsers:
        await browser.sign_in(ANN, PASSWORD)
        await sign_out(browser)
    assert len(await told(house)) == NoticeSettings().per_day
    house.clock.advance(DAY // SECOND)
    await browsers[-1].sign_in(ANN, PASSWORD)
    assert len(await told(house)) == 3
    await house.walker().sign_in(ANN, PASSWORD)
    assert len(await told(house)) == 4


async def test_a_mailed_code_is_told_of_too(telling):
    house = telling
    settings = house.tenant.settings.sign_in
    await set_up(house, sign_in=type(settings)(password=True, email_code=True))
    walker = house.walker()
    page = await walker.get("/sign-in")
    page = await walker.post(page, email=ANN, intent="use:email_code")
    assert (await walker.post(page, code=code_in((await house.mails(ANN))[-1]))).path == "/account"
    assert len(await told(house)) == 1


async def test_a_tenant_tells_of_what_it_chose(telling):
    await set_up(telling, notices=NoticeSettings(new_device=False))
    await telling.walker().sign_in(ANN, PASSWORD)
    assert await told(telling) == []


async def test_another_country_is_named(house, monkeypatch):
    def of(_, address):
        return Whereabouts({COUNTRY: "SE" if address.startswith("203.") else "DE"})

    monkeypatch.setattr(Atlas, "of", of)
    await set_up(house, notices=NoticeSettings())
    await house.customer(ANN)
    for address in ("198.51.100.7", "203.0.113.9"):
        await house.walker(address=address).sign_in(ANN, PASSWORD)
    (mail,) = await told(house, "new_country")
    assert "Sweden" in mail.text
    assert await told(house) == []  # one mail says it
