"""Recovery, another browser, no script: every way that is not the straight one."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.tab import PASSWORD, PHONE, has_account, sign_up

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
FRESH = "violet harbour engine forty"


async def test_a_forgotten_password_is_replaced_by_the_link(tab, email):
    await has_account(tab, email)
    await tab.go("/account")
    await tab.sees("Hello, Ada Brook")
    await tab.press("intent", "sign_out")
    await tab.sees("You are signed out")
    await tab.go("/recover")
    await tab.sees("Forgot your password?")
    await tab.fill(email=email)
    await tab.press()
    await tab.sees("Check your mail")
    await tab.go(await tab.link_for(email))
    await tab.sees("Choose a new password")
    await tab.press()
    await expect(tab.page.locator("[name=password]")).to_be_visible()
    await tab.hold_to_account()
    await tab.fill(password=FRESH)
    await tab.press()
    await tab.sees("Hello, Ada Brook")
    await tab.press("intent", "sign_out")
    await tab.go("/sign-in")
    await tab.fill(email=email, password=PASSWORD)
    await tab.press()
    await expect(tab.page.get_by_role("alert")).to_contain_text("Email address or password is wrong.")
    await tab.fill(email=email, password=FRESH)
    await tab.press()
    await tab.sees("Hello, Ada Brook")


async def test_the_link_in_another_browser_gives_a_code_and_no_session(open_tab, email):
    laptop, phone = await open_tab(), await open_tab(**PHONE)
    await laptop.go("/sign-up")
    await laptop.fill(name="Ada Brook", email=email, password=PASSWORD)
    await laptop.press()
    await laptop.sees("Check your mail")
    await phone.go(await phone.link_for(email))
    await phone.sees("You began on another device")
    await phone.press()
    await phone.sees("Your code")
    code = (await phone.page.locator("p.code").inner_text()).strip()
    await phone.go("/account")
    await phone.sees("Sign in")
    await laptop.fill(code=code)
    await laptop.press()
    await laptop.sees("Hello, Ada Brook")


async def test_everything_works_with_script_off(open_tab, email):
    tab = await open_tab(java_script_enabled=False)
    await tab.go(tab.house.shop + "/sign-in")
    await tab.sees("Sign in")
    await tab.press("intent", "sign_up")
    await tab.sees("Create your account")
    await sign_up(tab, email)
    await tab.sees(re.compile("would like access"))
    await tab.press("decision", "allow")
    await tab.sees("Your ledger")
    await tab.page.get_by_role("button", name="Refresh the tokens").click()
    await expect(tab.page.locator("[data-test=generation]")).to_have_text("No. 2")
    await tab.go("/account")
    await tab.sees("Hello, Ada Brook")
    await tab.press("intent", "sign_out")
    await tab.sees("You are signed out")
    await tab.go("/recover")
    await tab.fill(email=email)
    await tab.press()
    await tab.sees("Check your mail")
    await tab.fill(code=await tab.code_for(email))
    await tab.press()
    await tab.sees("Choose a new password")
    await tab.fill(password=FRESH)
    await tab.press()
    await tab.sees("Hello, Ada Brook")
    await tab.go("/logout")
    await tab.sees("Sign out?")
    await tab.press("decision", "sign_out")
    await tab.sees("You are signed out")


async def test_whoever_denies_returns_with_nothing(tab, email):
    await tab.go(tab.house.shop + "/sign-in")
    await tab.press("intent", "sign_up")
    await sign_up(tab, email)
    await tab.sees(re.compile("would like access"))
    await tab.press("decision", "deny")
    await expect(tab.page.locator("main")).to_contain_text("Nothing was taken")


async def test_the_back_button_leads_to_where_one_is(tab, email):
    await tab.go("/sign-up")
    await tab.fill(name="Ada Brook", email=email, password=PASSWORD)
    await tab.press()
    await tab.sees("Check your mail")
    await tab.page.go_back()
    await tab.sees("Check your mail")
