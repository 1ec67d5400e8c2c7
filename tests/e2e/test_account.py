"""The account page in a browser: an account is to be deleted, and kept by the link in the mail, script off."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.tab import Tab, has_account
from tests.support.walker import says

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


async def link_that_keeps(reader: Tab, email: str) -> str:
    """Return the link of the newest message."""
    text = (await reader.letter(email)).text
    found = re.search(r"https?://\S+/keep-account/\S+", text)
    assert found, text
    return found[0]


@pytest.mark.parametrize(
    "more",
    [{"java_script_enabled": False}],
    ids=["english-no-script"],
)
async def test_an_account_is_to_be_deleted_and_kept_by_the_link_in_the_mail(open_tab, email, more):
    language = str(more.get("locale", "en"))
    tab = await open_tab(**more)
    await has_account(tab, email, language)
    await tab.go("/account/privacy")
    await tab.press("intent", "delete_account")
    await tab.sees(says("delete_account.title", language))
    await tab.press()
    await expect(tab.page.locator(".account__leaving")).to_contain_text(says("leaving.title", language))
    await tab.hold_to_account()
    reader = await tab.another()
    await reader.go(await link_that_keeps(reader, email))
    await reader.sees(says("keep_account.title", language))
    await reader.press()
    await reader.sees(says("account_kept.title", language))
    await tab.go("/account")
    await expect(tab.page.locator(".account__leaving")).to_have_count(0)
