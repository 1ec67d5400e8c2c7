"""From the one-time link to a call of the administration API."""

import httpx2
import pytest
from playwright.async_api import expect

from tests.e2e.tab import PASSWORD
from tests.support.waiting import PATIENCE

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
