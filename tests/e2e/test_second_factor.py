"""Two-step verification in a browser: set up, asked for, replaced by a recovery code; script off; Arabic on a phone."""

import base64
import re
import time

import pytest
from playwright.async_api import expect

from limen.access.factors.totp import Totp, step_at
from tests.e2e.tab import ARABIC, PASSWORD, Tab, has_account
from tests.support.house import says

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

_used: dict[bytes, int] = {}


async def secret_of(tab: Tab) -> Totp:
    """The key on the page that sets an app up, as somebody would type it."""
    shown = await tab.page.locator("code.secret").inner_text()
    return Totp(base64.b32decode(shown.replace(" ", "").upper()))


def code_of(totp: Totp) -> str:
    """A code that was not used: the next step's is taken early, where this one's is spent (RFC 6238 §5.2)."""
    step = max(step_at(int(time.time() * 1_000_000)), _used.get(totp.secret, 0) + 1)
    _used[totp.secret] = step
    return totp.code(step)


async def set_up(tab: Tab, locale: str = "en") -> tuple[Totp, str]:
    """From the account page to the end of setting up; return the app and one recovery code."""
    await tab.go("/account/security")
    await tab.press("intent", "add_app")
    await tab.sees(says("second_factor.begin.title", locale))
    await tab.press()
    await tab.sees(says("second_factor.confirm.title", locale))
    totp = await secret_of(tab)
    await tab.fill(code="000000")
    await tab.press()
    await expect(tab.page.get_by_role("alert")).to_contain_text(says("error.totp_invalid", locale))
    await tab.hold_to_account()
    await tab.fill(code=code_of(totp), name="Pocket")
    await tab.press()
    await tab.sees(says("second_factor.codes.title", locale))
    code = await tab.page.locator(".codes code").first.inner_text()
    await tab.press()
    return totp, code


async def sign_in(tab: Tab, email: str) -> None:
    await tab.go("/sign-in")
    await tab.fill(email=email, password=PASSWORD)
    await tab.press()


async def walk(tab: Tab, email: str, locale: str = "en") -> None:
    """Sign up, set an app up, sign in with a code, and with a recovery code, and remove the app."""
    await has_account(tab, email, locale)
    totp, recovery_code = await set_up(tab, locale)
    await tab.go("/account")
    await tab.press("intent", "sign_out")
    await sign_in(tab, email)
    await tab.sees(says("second_factor.ask.title", locale))
    await tab.fill(code=code_of(totp))
    await tab.press()
    await tab.page.wait_for_url(re.compile("/account(/|$)"))
    await tab.press("intent", "sign_out")
    await sign_in(tab, email)
    await tab.press("intent", "use:recovery_code")
    await expect(tab.page.locator("[name=recovery_code]")).to_be_visible()
    await tab.hold_to_account()
    await tab.fill(recovery_code=recovery_code)
    await tab.press()
    await tab.page.wait_for_url(re.compile("/account(/|$)"))
    await tab.go("/account/security")
    await expect(tab.page.locator("main")).to_contain_text("Pocket")
    await tab.hold_to_account()


async def test_an_app_is_set_up_and_asked_for(tab, email):
    await walk(tab, email)


async def test_it_works_with_script_off(open_tab, email):
    await walk(await open_tab(java_script_enabled=False), email)


async def test_it_reads_from_right_to_left_on_a_dark_phone(open_tab, email):
    await walk(await open_tab(**ARABIC), email, "ar")
