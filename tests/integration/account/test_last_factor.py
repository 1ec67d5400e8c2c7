"""Of two that are removed at once, where one is a must, one stays: on the pages, and between them and the API."""

import asyncio

import pytest

from limen.identity.tenants.assurance import AssuranceSettings
from tests.integration.account.people import ANN, PASSWORD, at_home
from tests.integration.account.test_api import app_of, signed_in
from tests.integration.journeys.test_second_factor import enrolled, now_code, press, secret_in, settings
from tests.support.house import says

pytestmark = pytest.mark.anyio
BOTH = [("page", "page"), ("api", "page")]


async def with_two_apps(house):
    """Ann with two apps; what codes she has from the first."""
    ann = await at_home(house)
    totp, _, _ = await enrolled(house, ann, "one")
    page = await ann.get("/account/security")
    page = await ann.post(page, form=press(page, "add_app"), intent="add_app")
    page = await ann.post(page, code=now_code(house, totp))
    page = await ann.post(page) if "secret" not in page.text else page
    await ann.post(page, code=now_code(house, secret_in(page)), name="two")
    house.clock.advance(30)
    return ann, totp


async def by_api(api, factor_id):
    """What removes a factor with a token."""
    return lambda: api("DELETE", f"/factors/{factor_id}")


async def by_page(house, totp, factor_id):
    """What removes a factor on the pages, in a browser of its own that has come as far as the last question."""
    walker = house.walker()
    house.clock.advance(30)
    page = await walker.post(await walker.sign_in(ANN, PASSWORD), code=now_code(house, totp))
    house.clock.advance(30)
    page = await walker.get("/account/security")
    form = next(
        one for one in page.forms if ("intent", "remove_app") in one.buttons and one.fields["factor"] == factor_id
    )
    page = await walker.post(page, form=form, intent="remove_app")
    if page.h1 == says("second_factor.ask.title"):
        page = await walker.post(page, code=now_code(house, totp))
    return lambda: walker.raw_post(page)


@pytest.mark.parametrize("doors", BOTH, ids="-".join)
async def test_of_two_removals_at_once_one_is_refused(house_on, doors):
    house = house_on
    ann, totp = await with_two_apps(house)
    api = await signed_in(house, ann, await app_of(house))
    held = [one["id"] for one in (await api("GET", "/factors")).json()["items"] if one["kind"] == "totp"]
    assert len(held) == 2
    await settings(house, assurance=AssuranceSettings(level=2))
    removals = [
        await (by_api(api, one) if door == "api" else by_page(house, totp, one))
        for door, one in zip(doors, held, strict=True)
    ]
    answers = await asyncio.gather(*(remove() for remove in removals))
    left = [one for one in (await api("GET", "/factors")).json()["items"] if one["kind"] == "totp"]
    assert len(left) == 1
    refused = {"api": 409, "page": 400}
    assert sum(answer.status_code == refused[door] for answer, door in zip(answers, doors, strict=True)) == 1
