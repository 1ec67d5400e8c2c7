"""Proof of work in a real browser: solved while somebody types, under the strict policy; without script, by waiting."""

import pytest
from playwright.async_api import expect

from tests.e2e.tab import PASSWORD, Tab
from tests.support.walker import says

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


async def typed(tab: Tab, email: str) -> None:
    await tab.go("/sign-up")
    await tab.fill(name="Ada Brook", email=email, password=PASSWORD)
    await tab.press()
    await expect(tab.page.locator(".notice").first).to_contain_text(says("error.sign_up_proof"))


async def test_a_browser_works_while_somebody_types(tab, email):
    disposable = email.replace("example.com", "mailinator.com")
    await typed(tab, disposable)
    await expect(tab.page.locator("[data-proof] p")).to_have_text(says("proof.done"))
    await tab.fill(password=PASSWORD)
    await tab.press()
    await tab.sees(says("verify.title"))


async def test_a_form_that_is_sent_too_early_waits_for_its_proof(tab, email):
    await typed(tab, email.replace("example.com", "mailinator.com"))
    await tab.fill(password=PASSWORD)
    await tab.press()
    await tab.sees(says("verify.title"))


async def test_without_script_the_page_says_to_wait(open_tab, email):
    tab = await open_tab(java_script_enabled=False)
    await typed(tab, email.replace("example.com", "mailinator.com"))
    await expect(tab.page.locator("[data-proof] p")).to_have_text(says("proof.wait"))
    assert await tab.page.locator("[name=proof]").input_value()  # what waiting makes good
