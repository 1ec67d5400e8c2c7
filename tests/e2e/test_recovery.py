"""Safe recovery and changes in a browser: password, address and its undo, a trusted device, a wait that is stopped."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.tab import ARABIC, Tab, has_account
from tests.e2e.test_second_factor import code_of, set_up
from tests.support.house import says

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
NEW, THIRD = "another plum lantern quarry", "a third plum lantern quarry"


async def secure_link(tab: Tab, address: str) -> str:
    """The link of the newest notice to *address*."""
    letter = await tab.letter(address)
    found = re.search(r"https?://\S+/secure/\S+", letter.text)
    assert found, letter.text
    return found[0]


async def changes(tab: Tab, email: str, locale: str) -> None:
    """Another password, another address, and the way back."""
    await tab.go("/account/security")
    await tab.hold_to_account()
    await tab.press("intent", "change_password")
    await tab.sees(says("change_password.title", locale))
    await tab.fill(password="short")
    await tab.press()
    await expect(tab.page.get_by_role("alert")).to_be_visible()
    await tab.fill(password=NEW)
    await tab.press()
    await tab.page.wait_for_url(re.compile("/account(/|$)"))
    await tab.go("/account/security")
    await tab.press("intent", "change_email")
    await tab.sees(says("new_email.title", locale))
    moved = email.replace("@", ".moved@")
    await tab.fill(email=moved)
    await tab.press()
    await tab.sees(says("verify.title", locale))
    await tab.fill(code=await tab.code_for(moved))
    await tab.press()
    await tab.page.wait_for_url(re.compile("/account(/|$)"))
    await tab.go(await secure_link(tab, email))
    await tab.sees(says("secure.undo_email.title", locale))
    await tab.press()
    await tab.sees(says("secured.undo_email.title", locale))


async def recover(tab: Tab, email: str) -> None:
    """As far as the mailed code carries."""
    await tab.go("/recover")
    await tab.fill(email=email)
    await tab.press()
    await expect(tab.page.locator("[name=code]")).to_be_visible()
    await tab.fill(code=await tab.code_for(email))
    await tab.press()


async def trusts(tab: Tab, email: str, locale: str) -> None:
    """An app, and a device that is trusted."""
    totp, _ = await set_up(tab, locale)
    for is_trusted in (False, True):
        await tab.go("/account")
        await tab.press("intent", "sign_out")
        await tab.go("/sign-in")
        await tab.fill(email=email, password=THIRD)
        await tab.press()
        if not is_trusted:
            await tab.sees(says("second_factor.ask.title", locale))
            await tab.page.locator("[name=trust]").check()
            await tab.fill(code=code_of(totp))
            await tab.press()
        await tab.page.wait_for_url(re.compile("/account(/|$)"))
    await tab.go("/account/devices")
    await expect(tab.page.locator("main")).to_contain_text(says("account.trusted", locale))
    await tab.hold_to_account()


async def waits(tab: Tab, other: Tab, email: str, locale: str) -> None:
    """Somebody says that all is lost; whoever is signed in stops it."""
    await recover(other, email)
    await other.sees(says("second_factor.ask.title", locale))
    await other.press("intent", "lost")
    await other.sees(says("lost_factors.ask.title", locale))
    await other.press()
    await other.sees(says("lost_factors.waiting.title", locale))
    await other.go(await secure_link(other, email))
    await other.sees(says("secure.cancel_recovery.title", locale))
    await tab.go("/account")
    await expect(tab.page.locator("main")).to_contain_text(says("account.recovery.title", locale))
    await tab.hold_to_account()
    await tab.press("intent", "cancel_recovery")
    await expect(tab.page.get_by_role("status")).to_contain_text(says("notice.recovery_cancelled", locale))
    await other.press()
    await other.sees(says("error_page.link_spent.title", locale), status="410")


async def walk(tab: Tab, other: Tab, email: str, locale: str = "en") -> None:
    await has_account(tab, email, locale)
    await changes(tab, email, locale)
    await recover(tab, email)
    await tab.sees(says("new_password.title", locale))
    await tab.fill(password=THIRD)
    await tab.press()
    await tab.page.wait_for_url(re.compile("/account(/|$)"))
    await trusts(tab, email, locale)
    await waits(tab, other, email, locale)


async def test_an_account_is_changed_taken_back_and_kept(open_tab, email):
    await walk(await open_tab(), await open_tab(), email)


async def test_it_works_with_script_off(open_tab, email):
    await walk(await open_tab(java_script_enabled=False), await open_tab(), email)


async def test_it_reads_from_right_to_left_on_a_dark_phone(open_tab, email):
    await walk(await open_tab(**ARABIC), await open_tab(**ARABIC), email, "ar")
