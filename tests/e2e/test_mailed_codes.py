"""Signing in by a mail, with script on and off, in English and in Arabic."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.tab import ARABIC, Tab, has_account
from tests.support.walker import says

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
WAYS = {"english": {}, "english-no-script": {"java_script_enabled": False}, "arabic-phone": ARABIC}


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


async def with_an_account(tab: Tab, email: str, language: str) -> None:
    """Sign up, and leave."""
    await has_account(tab, email, language)
    await tab.go("/account")
    await tab.press("intent", "sign_out")
    await tab.sees(says("signed_out.title", language))


async def asks_for_a_code(tab: Tab, email: str, language: str) -> None:
    await tab.sees(says("sign_in.title", language))
    await tab.fill(email=email)
    await tab.press("intent", "use:email_code")
    await tab.sees(says("verify.title", language))


@pytest.mark.parametrize("way", WAYS)
async def test_a_link_from_a_mail_signs_in_and_leads_on_to_the_application(open_tab, email, way):
    language = "ar" if way.startswith("arabic") else "en"
    tab = await open_tab(**WAYS[way])
    await with_an_account(tab, email, language)
    await tab.go(tab.house.shop + "/sign-in")
    await asks_for_a_code(tab, email, language)
    await tab.go(await tab.link_for(email))
    await tab.sees(says("link.sign_in.title", language))
    await tab.press()
    await tab.press("decision", "allow")
    await tab.sees("Your ledger")
    await expect(tab.page.get_by_role("region", name="ID token")).to_contain_text("email")


@pytest.mark.parametrize("way", WAYS)
async def test_a_code_from_a_mail_signs_in_and_a_wrong_one_says_so(open_tab, email, way):
    language = "ar" if way.startswith("arabic") else "en"
    tab, phone = await open_tab(**WAYS[way]), await open_tab(**WAYS[way])
    await with_an_account(tab, email, language)
    await tab.go("/sign-in")
    await asks_for_a_code(tab, email, language)
    await tab.fill(code="000000")
    await tab.press()
    await expect(tab.page.get_by_role("alert")).to_contain_text(says("error.code_invalid", language))
    await tab.hold_to_account()
    await phone.go(await phone.link_for(email))
    await phone.sees(says("elsewhere.title", language))
    await phone.press()
    await phone.sees(says("link_code.title", language))
    code = (await phone.page.locator("p.code").inner_text()).strip()
    await tab.fill(code=code)
    await tab.press()
    await expect(tab.heading).to_have_text(plain(says("account.hello", language, name="Ada Brook")))
    await phone.go("/account")
    await phone.sees(says("sign_in.title", language))


async def test_who_has_no_account_is_shown_the_same_page_and_told_by_mail(tab, email):
    await tab.go("/sign-in")
    await asks_for_a_code(tab, email, "en")
    mail = await tab.another()
    text = await mail.open_mail(email)
    await mail.hold_to_account()
    await expect(text).to_contain_text("This address has no account there.")
    await text.locator("a[href*='/sign-up']").click()
    await mail.sees(re.compile("Create your account"))
