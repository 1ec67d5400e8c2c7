"""In a real browser: a consent is seen, given, withdrawn and given again, its receipt verified; a copy is fetched."""

import asyncio

import httpx2
import pytest
import pyzipper
from playwright.async_api import Locator, expect

from tests.e2e.tab import Tab, has_account
from tests.support.running import Running, apply, command_in, here
from tests.support.waiting import PATIENCE
from tests.support.walker import says

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

PASSPHRASE = "larks anvil mustard ferry quilt"
SECRET = "not-a-secret-of-anybody-but-the-test-0123456789"
PUBLISHER = """\
version: 1
tenant: {slug: default}
clients:
  - client_id: publisher
    secret: {env: PUBLISHER_SECRET}
    grant_types: [client_credentials]
    scopes: ["limen:consents:read", "limen:consents:write"]
"""
LETTER = {
    "name": "seed-letter",
    "kind": "marketing",
    "channel": "email",
    "data": ["email"],
    "texts": {"en": {"title": "The seed letter", "body": "Four times a year we write to you.\n\nNo more than that."}},
}


@pytest.fixture
async def key_of_the_ledger(house: Running) -> str:
    """A purpose is published; return by which key this house signs its receipts, learnt over its API."""
    apply(house, PUBLISHER, PUBLISHER_SECRET=SECRET)
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False, timeout=PATIENCE) as http:
        form = {"grant_type": "client_credentials", "scope": "limen:consents:read limen:consents:write"}
        token = (await http.post("/token", data=form, auth=("publisher", SECRET))).json()["access_token"]
        http.headers["authorization"] = f"Bearer {token}"
        made = await http.post("/api/v1/purposes", json=LETTER)
        assert made.status_code == 201, made.text
        exported = command_in(house, "ledger", "export").splitlines()
        return httpx2.Response(200, text=exported[0]).json()["kid"]


async def test_a_consent_is_seen_given_withdrawn_and_given_again_and_its_receipt_verifies(
    open_tab, key_of_the_ledger, email
):
    tab: Tab = await open_tab(accept_downloads=True)
    await has_account(tab, email)
    await tab.go("/account/privacy")
    await tab.sees(says("account.page.privacy"))
    letter = tab.page.get_by_role("region", name="The seed letter")
    await expect(letter).to_contain_text("Four times a year we write to you.")
    for button, state, notice in (
        ("give", "given", "consent_given"),
        ("withdraw", "withdrawn", "consent_withdrawn"),
        ("give", "given", "consent_given"),
    ):
        await letter.get_by_role("button", name=says(f"privacy.{button}_named", title="The seed letter")).click()
        await expect(tab.page.get_by_role("status")).to_contain_text(says(f"notice.{notice}"))
        await expect(letter.locator(".badge")).to_have_text(says(f"privacy.state.{state}"))
        await tab.hold_to_account()
    await letter.get_by_text(says("privacy.history")).click()
    decisions = letter.locator("li")
    await expect(decisions).to_have_count(3)
    await tab.hold_to_account()
    for link in (says("privacy.receipt"), says("privacy.receipt_signed")):
        said = await verified(tab, decisions.first.get_by_role("link", name=link, exact=True), key_of_the_ledger)
        assert said.startswith("genuine: receipt of rec_")
        assert f"by {tab.house.url};" in said


async def test_a_copy_is_fetched_and_opens_with_the_passphrase_alone(open_tab, email):
    tab: Tab = await open_tab(accept_downloads=True)
    await has_account(tab, email)
    await tab.go("/account/privacy")
    await tab.press("intent", "ask_archive")
    fetch = tab.page.get_by_role("button", name=says("export.fetch"))

    async with asyncio.timeout(PATIENCE):
        while not await fetch.count():  # it is made in the background
            await tab.go("/account/privacy")
    await tab.hold_to_account()
    await tab.page.get_by_label(says("export.passphrase")).fill(PASSPHRASE)
    async with tab.page.expect_download() as download:
        await fetch.click()
    with pyzipper.AESZipFile(await (await download.value).path()) as packed:
        assert email.encode() in packed.read("account.json", pwd=PASSPHRASE.encode())


async def verified(tab: Tab, link: Locator, key: str) -> str:
    """What the command line says of the receipt behind *link*, with no database and no settings."""
    async with tab.page.expect_download() as download:
        await link.click()
    receipt = await (await download.value).path()
    return here("ledger", "verify", str(receipt), "--key", key, folder=tab.house.folder, more={})
