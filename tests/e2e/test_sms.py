"""Codes by short message in a browser: a number is set up and asked for, with script off, and in Arabic on a phone."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.tab import ARABIC, PASSWORD, Tab, has_account
from tests.support.running import Running, apply
from tests.support.walker import says

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
WAYS = {
    "english-no-script": ({"java_script_enabled": False}, "+49 1512 345 6701"),
    "arabic-phone": (ARABIC, "+49 1512 345 6702"),
}
MESSAGES = """\
version: 1
tenant: {slug: messages, name: Messages, settings: {sms: {countries: [DE]}}}
clients: []
"""


@pytest.fixture(scope="module")
def messages(sqlite_house: Running) -> str:
    """Where a tenant is that sends short messages; the demonstration shows them beside its mail."""
    apply(sqlite_house, MESSAGES)
    return "/t/messages"


async def texted(tab: Tab, number: str) -> str:
    """The code of the newest message to *number*: bound to our host, as its last line says."""
    text = (await tab.letter(number.replace(" ", ""))).text
    found = re.search(r"@localhost #(\d{6})$", text.strip())
    assert found, text
    return found[1]


async def a_wrong_code_is_told(tab: Tab, language: str, field: str) -> None:
    await tab.fill(**{field: "000000"})
    await tab.press()
    await expect(tab.page.get_by_role("alert")).to_contain_text(says("error.code_invalid", language))
    await tab.hold_to_account()


@pytest.mark.parametrize("way", WAYS)
async def test_a_number_is_set_up_and_asked_for_at_the_next_sign_in(open_tab, messages, email, way):
    more, number = WAYS[way]
    language = str(more.get("locale", "en"))
    tab = await open_tab(**more)
    await has_account(tab, email, language, messages)
    await tab.go(f"{messages}/account/security")
    await tab.press("intent", "add_phone")
    await tab.sees(says("phone.number.title", language))
    await tab.fill(phone="12")
    await tab.press()
    await expect(tab.page.get_by_role("alert")).to_be_visible()
    await tab.hold_to_account()
    await tab.fill(phone=number)
    await tab.press()
    await tab.sees(says("phone.code.title", language))
    await a_wrong_code_is_told(tab, language, "code")
    await tab.fill(code=await texted(tab, number))
    await tab.press()
    await tab.sees(says("second_factor.codes.title", language))
    await tab.press()
    shown = tab.page.locator("main bdi", has_text="+49")
    await expect(shown).to_have_text(f"+49 ••• {number[-3:]}")
    await tab.hold_to_account()
    await tab.press("intent", "sign_out")
    await tab.go(f"{messages}/sign-in")
    await tab.fill(email=email, password=PASSWORD)
    await tab.press()
    await tab.sees(says("second_factor.ask.title", language))
    await tab.press("intent", "use:sms")
    await expect(tab.page.locator("[name=sms]")).to_have_attribute("autocomplete", "one-time-code")
    await tab.hold_to_account()
    await a_wrong_code_is_told(tab, language, "sms")
    await tab.fill(sms=await texted(tab, number))
    await tab.press()
    await tab.page.wait_for_url(re.compile(r"/account(/|$)"))
