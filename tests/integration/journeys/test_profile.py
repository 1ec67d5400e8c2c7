"""Progressive profiling: a declared question on the way, kept sealed, judged by the tenant's schema."""

import asyncio

import pytest

from limen.identity.profiles.records import ProfileSettings, Question
from tests.integration.journeys.test_second_factor import settings
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
ASKED = says("profile.title")
ATTRIBUTES = {
    "size": {"type": "integer", "minimum": 14, "maximum": 60, "limen": {"title": {"en": "Shoe size"}}},
    "colour": {"type": "string", "enum": ["red", "blue"]},
    "news": {"type": "boolean"},
    "since": {"type": "string", "format": "date"},
}


async def asking(house, *questions, **parts):
    await settings(house, profile=ProfileSettings(attributes=ATTRIBUTES, questions=questions), **parts)


async def attributes_of(house, customer):
    async with house.storage.database.read(house.tenant.id) as unit:
        sealed = await unit.customers.get(customer.id)
    return (await house.directory().open(sealed)).profile.attributes


async def test_what_was_said_is_kept_and_not_asked_for_again(house_on):
    house = house_on
    ann = await house.customer(ANN)
    await asking(house, Question(fields=("size", "colour", "news", "since")))
    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    assert page.h1 == ASKED
    assert "Shoe size" in page.text
    said = {"attributes.size": "42", "attributes.colour": "blue", "attributes.news": "yes"}
    page = await walker.post(page, **said)
    assert page.path == "/account"
    assert await attributes_of(house, ann) == {"size": 42, "colour": "blue", "news": True}
    again = house.walker()
    page = await again.sign_in(ANN, PASSWORD)
    assert (page.h1, "Shoe size" in page.text) == (ASKED, False)  # one was left empty


async def test_a_question_is_skipped_and_comes_again_later(house):
    await house.customer(ANN)
    await asking(house, Question(fields=("size",)))
    walker = house.walker()
    page = await walker.post(await walker.sign_in(ANN, PASSWORD), intent="skip")
    assert page.path == "/account"
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"
    house.clock.advance(30 * 86_400)
    assert (await house.walker().sign_in(ANN, PASSWORD)).h1 == ASKED


async def test_what_is_required_is_not_skipped_and_what_does_not_fit_is_told_by_field(house):
    await house.customer(ANN)
    await asking(house, Question(fields=("size", "colour"), required=True))
    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    page = await walker.post(page, intent="skip")
    assert (page.status, set(page.errors)) == (400, {"attributes.size", "attributes.colour"})
    page = await walker.post(page, **{"attributes.size": "900", "attributes.colour": "green"})
    assert page.errors == dict.fromkeys(("attributes.size", "attributes.colour"), says("error.attribute_invalid"))
    assert (await walker.get("/account")).h1 == says("sign_in.title")
    page = await walker.get(page.path)
    page = await walker.post(page, **{"attributes.size": "38", "attributes.colour": "red"})
    assert page.path == "/account"


async def test_it_is_asked_after_so_many_sign_ins(house):
    await house.customer(ANN)
    await asking(house, Question(fields=("size",), after_sign_ins=2))
    pages = [await house.walker().sign_in(ANN, PASSWORD) for _ in range(3)]
    assert [page.path == "/account" for page in pages] == [True, True, False]


async def test_of_two_answers_at_once_one_is_kept_and_the_other_is_told(house_on):
    house = house_on
    ann = await house.customer(ANN)
    await asking(house, Question(fields=("size",)))
    walkers = [house.walker(), house.walker()]
    pages = [await walker.sign_in(ANN, PASSWORD) for walker in walkers]
    both = zip(walkers, pages, ("40", "41"), strict=True)
    done = await asyncio.gather(*(w.raw_post(p, **{"attributes.size": size}) for w, p, size in both))
    assert all(answer.status_code in {200, 303, 400} for answer in done)
    assert (await attributes_of(house, ann))["size"] in {40, 41}


async def test_a_customer_of_whom_nothing_is_asked_sees_no_page(house):
    await house.customer(ANN)
    await asking(house)
    assert (await house.walker().sign_in(ANN, PASSWORD)).path == "/account"
