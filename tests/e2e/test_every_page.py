"""Every page on a running house, in two dresses that differ in everything; templates wear all (test_every_dress)."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import OpenTab
from tests.e2e.tab import ARABIC, PASSWORD, Tab, sign_up
from tests.support.walker import says

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
DRESSES = {"light": {"reduced_motion": "no-preference"}, "arabic-dark-phone": ARABIC}


async def test_every_page_is_sound(open_tab, email):
    # Two at once: a browser spends half of its time waiting.
    await asyncio.gather(*(every_page(open_tab, f"{dress}.{email}", more) for dress, more in DRESSES.items()))


async def every_page(open_tab: OpenTab, email: str, more: dict[str, Any]) -> None:
    language = str(more.get("locale", "en")).split("-")[0]
    tab = await open_tab(**more)
    await tab.go("/")
    await expect(tab.page.locator("html")).to_have_attribute("lang", language)
    await expect(tab.page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    await the_pages_of_strangers(tab, language)
    await the_pages_of_a_sign_up(tab, language, email)
    await the_pages_of_a_customer(tab, language, email)
    other = await open_tab(**more)
    await the_pages_of_a_recovery(tab, other, language, email)


async def the_pages_of_strangers(tab: Tab, language: str) -> None:
    await tab.sees(says("start.headline", language))
    for path, key, status in (
        ("/nothing-here", "error_page.not_found", "404"),
        ("/journey/jou_01m85bvfd8eex8vrgnrq5ne7r8", "error_page.elsewhere", "404"),
        ("/link/never-sent", "error_page.link_spent", "410"),
        ("/setup/never-made", "error_page.link_spent", "410"),
        ("/authorize?client_id=nobody", "error_page.client", "400"),
        ("/dev/mailbox/none", "error_page.not_found", "404"),
        ("/logout", "signed_out", ""),
    ):
        await tab.go(path)
        await tab.sees(says(f"{key}.title", language), status=status)


async def the_pages_of_a_sign_up(tab: Tab, language: str, email: str) -> None:
    await tab.go("/sign-up")
    await tab.fill(name="Ada Brook", email=email, password="aaaaaaaaaaaa")
    await tab.press()
    await expect(tab.page.get_by_role("alert")).to_be_visible()
    await tab.sees(says("sign_up.title", language))
    await tab.fill(password=PASSWORD)
    await tab.press()
    await tab.sees(says("verify.title", language))
    await tab.fill(code="000000")
    await tab.press()
    await expect(tab.page.get_by_role("alert")).to_contain_text(says("error.code_invalid", language))
    await tab.hold_to_account()
    mailbox = await tab.another()
    await mailbox.open_mail(email)
    await mailbox.hold_to_account()
    await mailbox.go("/dev/mailbox")
    await mailbox.sees(says("mailbox.title", language))
    await mailbox.go(await mailbox.link_for(email))
    await mailbox.sees(says("link.verify.title", language))
    await mailbox.press()
    await mailbox.sees(says("account.hello", language, name="Ada Brook").replace("\u2068", "").replace("\u2069", ""))
    await mailbox.page.close()


async def the_pages_of_a_customer(tab: Tab, language: str, email: str) -> None:
    await tab.go("/admin")
    await tab.sees(says("error_page.forbidden.title", language), status="403")
    await tab.go(tab.house.shop + "/sign-in")
    await tab.sees(re.compile("Pip & Husk"))
    await tab.press("intent", "choose_account")
    await tab.sees(says("choose.title", language))
    await tab.press("intent", "another")
    await tab.sees(says("sign_in.title", language))
    await tab.fill(email=email, password="not the password")
    await tab.press()
    await expect(tab.page.get_by_role("alert")).to_contain_text(says("error.invalid_credentials", language))
    await tab.hold_to_account()
    await tab.go("/logout")
    await tab.sees(says("sign_out.title", language))
    await tab.press("decision", "sign_out")
    await tab.sees(says("signed_out.title", language))


async def the_pages_of_a_recovery(tab: Tab, other: Tab, language: str, email: str) -> None:
    await tab.go("/recover")
    await tab.sees(says("recover.title", language))
    await tab.fill(email=email)
    await tab.press()
    await tab.sees(says("verify.title", language))
    link = await tab.link_for(email)
    await other.go(link)
    await other.sees(says("elsewhere.title", language))
    await other.press()
    await other.sees(says("link_code.title", language))
    await tab.fill(code=(await other.page.locator("p.code").inner_text()).strip())
    await tab.press()
    await expect(tab.page.locator("[name=password]")).to_be_visible()
    await tab.sees(says("new_password.title", language))


async def test_a_language_that_is_chosen_stays(open_tab):
    tab = await open_tab(locale="de-DE", viewport={"width": 320, "height": 640})
    await tab.go("/sign-in")
    await tab.sees(says("sign_in.title", "de"))
    await tab.page.get_by_role("navigation").get_by_text("English").click()
    await tab.sees(says("sign_in.title"))
    await tab.go("/recover")
    await tab.sees(says("recover.title"))


async def test_cookies_carry_no_more_than_they_must(tab, email):
    await tab.go("/sign-up")
    await sign_up(tab, email)
    await tab.sees("Hello, Ada Brook")
    [cookie] = [one for one in await tab.context.cookies() if one["name"].startswith("limen")]
    assert cookie["name"] == "limen-default"
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "localhost")
    assert email not in cookie["value"]


async def test_the_session_secret_changes_when_somebody_signs_in(tab, email):
    await tab.go("/sign-up")
    [before] = [one["value"] for one in await tab.context.cookies()]
    await sign_up(tab, email)
    await tab.sees("Hello, Ada Brook")
    [after] = [one["value"] for one in await tab.context.cookies()]
    assert before != after
