"""Who is signed out, barred or dismissed while a form of the console is answered: it writes nothing, and leads on."""

import pytest

from limen.experience.pages.visit import Visit
from limen.identity.administrators import SYSTEM, Role
from tests.integration.console.test_merging import preview
from tests.integration.console.test_requests import BOARD, ask
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
BOSS, ANN, ANNA = "boss@example.com", "ann@example.com", "anna@example.org"


async def ended(house, customer) -> None:
    async with house.storage.database.begin(house.tenant.id) as unit:
        await unit.sessions.end_all(customer.id, house.clock.now())


async def disabled(house, customer) -> None:
    await house.administration().disable(customer.id, SYSTEM)


async def dismissed(house, customer) -> None:
    async with house.storage.database.begin(house.tenant.id) as unit:
        assert await unit.administrators.dismiss(customer.id)


async def lowered(house, customer) -> None:
    async with house.storage.database.begin(house.tenant.id) as unit:
        await unit.administrators.appoint(customer.id, Role.TENANT.value, house.clock.now())


async def token(house, boss):
    return await boss.get("/admin"), {"intent": "create_token"}


async def bar(house, boss):
    return await boss.get("/admin/security"), {"intent": "raise"}


async def search(house, boss):
    return await boss.get("/admin/customers"), {"value": ANN}


async def merge(house, boss):
    ann, anna = await house.customer(ANN), await house.customer(ANNA)
    return await preview(boss, ann, anna.id), {"intent": "merge"}


async def request(house, boss):
    asked = await ask(house, (await house.customer(ANN)).id)
    return await boss.get(f"{BOARD}/{asked.id}"), {"intent": "complete", "answer": "Stopped."}


def form_of(page, intent: str):
    return next((form for form in page.forms if ("intent", intent) in form.buttons), page.form)


@pytest.mark.parametrize("form", [token, bar, search, merge, request])
@pytest.mark.parametrize("lost", [ended, disabled, dismissed, lowered])
async def test_what_is_lost_while_a_form_is_answered_counts(house_on, monkeypatch, form, lost):
    house = house_on
    customer = await house.customer(BOSS)
    async with house.storage.database.begin(house.tenant.id) as unit:
        await unit.administrators.appoint(customer.id, Role.PLATFORM.value, house.clock.now())
    boss, told, read_form = house.walker(), [], Visit.form
    await boss.sign_in(BOSS, PASSWORD)

    async def meanwhile(visit, scope):
        typed = await read_form(visit, scope)
        assert isinstance(typed, dict)
        await lost(house, customer)
        told.append((await house.rows(), await house.events()))
        return typed

    page, typed = await form(house, boss)
    monkeypatch.setattr(Visit, "form", meanwhile)
    answer = await boss.raw_post(page, form=form_of(page, typed.get("intent", "")), **typed)
    monkeypatch.setattr(Visit, "form", read_form)
    assert (answer.status_code, answer.headers["location"]) == (303, page.path)
    assert (await house.rows(), await house.events()) == told[0]
    again = await boss.get(page.path)
    if lost is lowered:
        assert again.status == 200
    elif lost is dismissed:
        assert (again.status, 'href="/account"' in again.text) == (403, True)
    else:
        assert again.h1 == says("sign_in.title")
