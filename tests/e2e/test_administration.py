"""From the one-time link to a call of the administration API."""

import httpx2
import pytest
from playwright.async_api import expect

from tests.e2e.tab import PASSWORD
from tests.e2e.test_every_page import DRESSES
from tests.support.waiting import PATIENCE
from tests.support.walker import says

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


async def test_the_set_up_link_makes_the_first_administrator_whose_token_works(tab, open_tab, email):
    link = tab.house.setup_link
    await tab.go(link)
    await tab.sees("Make the first administrator")
    await tab.fill(email="nobody@", password="short")
    await tab.page.locator("form").last.evaluate("form => form.noValidate = true")
    await tab.press()
    await expect(tab.page.get_by_role("alert")).to_contain_text("does not look like an email address")
    await tab.hold_to_account()
    await tab.fill(email=email, password=PASSWORD)
    await tab.press()
    await tab.sees("Administration")
    await expect(tab.page.locator("header")).to_contain_text("Platform administrator")
    await tab.press("intent", "create_token")
    token = (await tab.page.locator("#token").inner_text()).strip()
    await tab.hold_to_account()
    await the_token_works(tab.house.url, token)
    pages = await something_to_see(tab.house.url, token)
    seen = await tab.context.storage_state()
    for dress in DRESSES.values():  # the same administrator, in each
        await the_console_is_sound(await open_tab(**dress, storage_state=seen), pages, dress.get("locale", "en"))
    other = await open_tab()
    await other.go(link)
    await other.sees("This link has done its work", status="410")


async def the_token_works(url: str, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE) as http:
        clients = (await http.get("/api/v1/clients")).json()
        assert "demo-shop" in [one["client_id"] for one in clients["items"]]
        made = await http.post("/api/v1/tenants", json={"slug": "north", "name": "North"})
        assert made.status_code == 201, made.text
        found = await http.get("/t/north/.well-known/openid-configuration")
        assert found.json()["issuer"] == f"{url}/t/north"
        unsigned = await http.get("/api/v1/clients", headers={"authorization": "Bearer nonsense"})
        assert unsigned.status_code == 401


async def something_to_see(url: str, token: str) -> dict[str, str]:
    """Return the console's pages, each with the key of its heading; there is something on each."""
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(
        base_url=f"{url}/api/v1/", headers=headers, trust_env=False, timeout=PATIENCE
    ) as http:
        [one, *_] = (await http.get("customers")).json()["items"]
        asked = {"kind": "objection", "words": "Stop.\nPlease.", "received_at": "2020-01-01T00:00:00Z"}
        made = await http.post(f"customers/{one['id']}/privacy-requests", json=asked)
        assert made.status_code == 201, made.text
    return {
        "/admin": "admin.title",
        "/admin/security": "security.title",
        "/admin/risk": "what_if.title",
        "/admin/customers": "found.title",
        f"/admin/customers/{one['id']}/merge": "joining.title",
        "/admin/privacy": "board.title",
        f"/admin/privacy/{made.json()['id']}": "board.kind.objection",
    }


async def the_console_is_sound(tab, pages: dict[str, str], locale: str) -> None:
    for path, heading in pages.items():
        await tab.go(path)
        await tab.sees(says(heading, locale.split("-", maxsplit=1)[0]))
