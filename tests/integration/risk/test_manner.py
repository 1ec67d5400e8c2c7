"""What the page tells: asked for where the tenant wants it, kept in the history, and never needed."""

import pytest

from limen.identity.tenants.risk import RiskSettings
from limen.trust.risk.judge import open_history
from limen.trust.risk.records import POINTER, PRINT, TYPING
from tests.integration.attacks.kit import set_up
from tests.integration.journeys.test_passkey import add
from tests.integration.journeys.test_safe_changes import sign_out
from tests.integration.risk.test_sign_in import ABROAD, ANN, assessed, at_home
from tests.support.authenticator import Authenticator
from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio
TOLD = "typing=usual&pointer=mouse&print=" + "ab" * 16


async def history_of(house):
    async with house.storage.database.read(house.tenant.id) as unit:
        customer = await unit.customers.find_by_contact("email", await house.directory().email_index(ANN))
        vault = await house.basis.keyring.subject(house.tenant.id, customer.id)
        return open_history(vault, customer.id, await unit.risk.history(customer.id))


async def test_what_the_page_tells_joins_the_history_and_another_manner_is_a_reason(house_on):
    house = house_on
    await set_up(house, risk=RiskSettings(mode="on", fingerprint=True, behaviour=True))
    ann = await at_home(house, 1)
    page = await ann.get("/sign-in")
    assert 'data-manner="fingerprint behaviour"' in page.text
    for _ in range(8):
        page = await ann.get("/sign-in?prompt=login")
        page = await ann.post(page, email=ANN, password=PASSWORD, manner=TOLD)
    known = await history_of(house)
    assert {level: len(known.values[level]) for level in (TYPING, POINTER, PRINT)} == {TYPING: 1, POINTER: 1, PRINT: 1}
    assert "ab" * 16 not in str(known.values)
    other = TOLD.replace("ab", "cd").replace("usual", "even").replace("mouse", "jump")
    thief = house.walker(**ABROAD)
    await thief.post(await thief.get("/sign-in"), email=ANN, password=PASSWORD, manner=other)
    said = assessed(house)[-1]["reasons"]
    metrics = (await house.client("127.0.0.1").get("/metrics")).text
    assert 'limen_guarded_tries_total{outcome="told",reason="manner"} 9.0' in metrics
    assert ("risk.reason.new_fingerprint" in said, "risk.reason.unusual_behaviour" in said) == (True, True)


async def test_what_comes_with_a_passkey_is_weighed_with_it_and_joins_the_history(house):
    await set_up(house, risk=RiskSettings(mode="shadow", fingerprint=True, behaviour=True))
    ann, key = await at_home(house, 1), Authenticator()
    await ann.sign_in(ANN, PASSWORD)
    await add(ann, key)

    async def again(told: str) -> None:
        await sign_out(ann)
        page = await ann.get("/sign-in")
        page = await ann.post(page, intent="use:passkey", passkey=key.speak(page), manner=told)
        assert page.path == "/account"

    for _ in range(8):
        await again(TOLD)
    known = await history_of(house)
    assert [len(known.values.get(level, ())) for level in (TYPING, POINTER, PRINT)] == [1, 1, 1]
    await again(TOLD.replace("ab", "cd"))
    assert "risk.reason.new_fingerprint" in assessed(house)[-1]["reasons"]


@pytest.mark.parametrize("manner", ["", "typing=usual", "%", "x" * 5_000, "print=zz&typing=%00"])
async def test_a_page_that_is_not_asked_tells_nothing_and_nonsense_signs_in_all_the_same(house, manner):
    ann = await at_home(house, 1)
    page = await ann.get("/sign-in")
    assert "data-manner" not in page.text
    assert (await ann.post(page, email=ANN, password=PASSWORD, manner=manner)).path == "/account"
    assert TYPING not in (await history_of(house)).values
