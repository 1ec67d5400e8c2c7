"""A code that was sent to one customer proves nothing of another who takes over the same journey."""

import pytest

from tests.integration.journeys.test_sms import ANN, ASKED, OTHER, allow, begin, code_of, texts
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
BOB = "bob@example.com"


async def phoned(house, email, number):
    """A customer with a phone, and the browser that is signed in as them."""
    customer = await house.customer(email)
    walker = house.walker()
    await walker.sign_in(email, PASSWORD)
    page = await walker.post(await begin(walker), phone=number)
    await walker.post(page, form=page.forms[-2], code=code_of((await texts(house, number))[-1]))
    return customer, walker


async def test_the_code_of_one_and_the_password_of_another_make_nobody(house):
    await allow(house)
    thief, mine = await phoned(house, ANN, "+4915123456789")
    victim, _ = await phoned(house, BOB, OTHER)
    page = await begin(mine, "add_app")
    assert page.h1 == ASKED
    page = await mine.post(page, intent="use:sms")
    code = code_of((await texts(house))[-1])
    async with house.storage.database.begin(house.tenant.id) as unit:  # from another browser
        await unit.sessions.end_all(thief.id, house.clock.now())
    page = await mine.get(page.path)
    assert page.h1 == says("sign_in.title")
    page = await mine.post(page, email=BOB, password=PASSWORD)
    assert page.h1 == ASKED
    assert says("second_factor.sms.lead") in page.text  # nothing is on its way to Bob
    page = await mine.post(page, sms=code)
    assert page.h1 == ASKED
    assert (await mine.get("/account")).path != "/account"
    async with house.storage.database.read(house.tenant.id) as unit:
        assert {factor.kind.value for factor in await unit.factors.of_customer(victim.id)} == {"phone", "recovery"}
