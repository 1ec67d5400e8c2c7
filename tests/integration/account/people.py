"""Who has an account in these tests, and how they come to it."""

from tests.integration.journeys.test_second_factor import press
from tests.support.house import PASSWORD
from tests.support.walker import SAFARI

ANN, BOB = "ann@example.com", "bob@example.com"
STALE = 601
"""Seconds after which a proof is too old for what is sensitive."""


async def at_home(house, email=ANN, *, is_new=True, **more):
    """A customer, signed in at a browser of their own."""
    if is_new:
        await house.customer(email)
    walker = house.walker(**more)
    page = await walker.sign_in(email, PASSWORD)
    assert page.path == "/account", page
    return walker


async def ann_with_two(house):
    """Ann at her laptop, and at her telephone."""
    laptop = await at_home(house)
    house.clock.advance(60)
    telephone = await at_home(house, is_new=False, user_agent=SAFARI, address="198.51.100.9")
    return laptop, telephone


async def pressing(walker, path, intent, nth=0, **changes):
    """Press the *nth* button of *intent* on a page of the account."""
    page = await walker.get(path)
    forms = [form for form in page.forms if ("intent", intent) in form.buttons]
    assert forms, (page, intent)
    return await walker.post(page, form=forms[nth], intent=intent, **changes)


def sids(page):
    """The sessions that a page's forms can end."""
    return [form.fields["session"] for form in page.forms if form.fields.get("session")]


__all__ = ["ANN", "BOB", "PASSWORD", "STALE", "ann_with_two", "at_home", "press", "pressing", "sids"]
