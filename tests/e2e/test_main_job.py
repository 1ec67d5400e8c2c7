"""What Limen is for, in a real browser against real processes, on both databases."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.tab import PASSWORD, Tab, has_account
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest) -> Running:
    return request.getfixturevalue("sqlite_house" if request.param == "sqlite" else "postgres_house")


async def from_the_start_page_to_sign_up(tab: Tab) -> Tab:
    """Follow the start page into the application, and its sign-in to the form for a new account."""
    await tab.go("/")
    await tab.sees("Step over the threshold")
    async with tab.context.expect_page() as opened:
        await tab.page.get_by_role("link", name="Open the demo").click()
    await (await opened.value).close()  # it opens beside the start page; the walk goes on in a tab that is watched
    shop = await tab.another()
    await shop.go(shop.house.shop)
    await shop.sees(re.compile("Small packets"))
    await shop.page.get_by_role("link", name="Sign in to the garden club").click()
    await shop.sees("Sign in")
    await expect(shop.page.locator("main")).to_contain_text("to continue to Pip & Husk")
    await shop.press("intent", "sign_up")
    await shop.sees("Create your account")
    return shop


async def allow(shop: Tab) -> None:
    await shop.sees(re.compile("Pip & Husk would like access"))
    await expect(shop.page.locator("main")).to_contain_text("See your email address")
    await shop.press("decision", "allow")
    await shop.sees("Your ledger")


async def test_a_customer_signs_up_by_code_and_uses_an_application(tab, email):
    shop = await from_the_start_page_to_sign_up(tab)
    await shop.fill(name="Ada Brook", email=email, password=PASSWORD)
    await shop.press()
    await shop.sees("Check your mail")
    await shop.fill(code=await shop.code_for(email))
    await shop.press()
    await allow(shop)
    await the_application_shows_claims(shop)
    await it_calls_userinfo(shop, email)
    await it_refreshes(shop)
    await it_signs_out(shop)


async def the_application_shows_claims(shop: Tab) -> None:
    claims = shop.page.get_by_role("region", name="ID token")
    for claim in (shop.house.url, "demo-shop", "urn:limen:aal:1"):
        await expect(claims).to_contain_text(claim)


async def it_calls_userinfo(shop: Tab, email: str) -> None:
    await shop.page.get_by_role("button", name="Call userinfo").click()
    await expect(shop.page.get_by_role("region", name="Userinfo")).to_contain_text(email)
    await expect(shop.page.get_by_role("region", name="Userinfo")).to_contain_text("Ada Brook")
    await shop.hold_to_account()


async def it_refreshes(shop: Tab) -> None:
    await shop.page.get_by_role("button", name="Refresh the tokens").click()
    await expect(shop.page.locator("[data-test=generation]")).to_have_text("No. 2")
    await expect(shop.page.get_by_role("region", name="Tokens")).to_contain_text("rotated")


async def it_signs_out(shop: Tab) -> None:
    await shop.page.get_by_role("button", name="Sign out, here and at the desk").click()
    await shop.sees("Till the next frost")
    await expect(shop.page.locator("main")).to_contain_text("here and at the sign-in desk")
    await shop.go("/account")
    await shop.sees("Sign in")


async def test_a_customer_signs_up_by_the_link_in_the_same_browser(tab, email):
    shop = await from_the_start_page_to_sign_up(tab)
    await shop.fill(name="Ada Brook", email=email, password=PASSWORD)
    await shop.press()
    await shop.sees("Check your mail")
    mail = await shop.another()
    text = await mail.open_mail(email)
    await mail.hold_to_account()
    await text.locator("a[href*='/link/']").click()
    await mail.sees("Confirm your address")
    await mail.press()
    await allow(mail)
    await the_application_shows_claims(mail)


async def test_the_second_sign_in_asks_for_nothing_that_was_given(tab, email):
    await has_account(tab, email)
    await tab.go(tab.house.shop + "/sign-in")
    await allow(tab)  # signed in already: only consent is due
    await tab.go(tab.house.shop + "/sign-in")
    await expect(tab.heading).to_have_text("Your ledger")  # and nothing the second time
