"""Connecting a device: the code is typed or scanned, compared, and allowed by whoever signs in."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from limen.access.tokens.waiting import WaitingKind
from tests.e2e.tab import ARABIC, has_account
from tests.support.running import Running, apply
from tests.support.waiting import PATIENCE
from tests.support.walker import says

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

TELEVISION = f"""\
version: 1
tenant: {{slug: default}}
clients:
  - client_id: television
    name: Living Room TV
    token_endpoint_auth_method: none
    grant_types: ["{WaitingKind.DEVICE.value}", refresh_token]
    scopes: [openid, email, offline_access]
"""


@pytest.fixture(scope="module")
def known(sqlite_house: Running) -> None:
    """The house knows the application of the device."""
    apply(sqlite_house, TELEVISION)


@pytest.fixture
async def television(house, known) -> AsyncIterator[httpx2.AsyncClient]:
    """A device without a browser."""
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False, timeout=PATIENCE) as http:
        yield http


async def begin(television: httpx2.AsyncClient) -> dict[str, Any]:
    form = {"client_id": "television", "scope": "openid email"}
    answer = await television.post("/device_authorization", data=form)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def poll(television: httpx2.AsyncClient, begun: dict[str, Any]) -> dict[str, Any]:
    form = {"grant_type": WaitingKind.DEVICE.value, "device_code": begun["device_code"], "client_id": "television"}
    return (await television.post("/token", data=form)).json()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_code_is_compared_and_allowed(open_tab, television, email, script):
    begun = await begin(television)
    tab = await open_tab(java_script_enabled=script)
    await has_account(tab, email)
    await tab.go(begun["verification_uri_complete"])
    await tab.sees(says("device.title"))
    await tab.press()
    await tab.sees(says("device.confirm.title", client="Living Room TV"))
    assert begun["user_code"] in await tab.page.locator("p.code").inner_text()
    await tab.press("decision", "continue")
    await tab.sees("Living Room TV would like access")
    assert (await poll(television, begun))["error"] == "authorization_pending"
    await tab.press("decision", "allow")
    await tab.sees(says("device.done.approved.title"))
    assert "access_token" in await poll(television, begun)


async def test_a_code_is_typed_and_denied_from_right_to_left_on_a_dark_phone(open_tab, television):
    begun, language = await begin(television), "ar"
    tab = await open_tab(**ARABIC)
    await tab.go("/device")
    await tab.sees(says("device.title", language))
    await tab.fill(user_code="BCDF-GHJK")
    await tab.press()
    await tab.hold_to_account()
    assert says("error.user_code_unknown", language) in await tab.page.locator("main").inner_text()
    await tab.fill(user_code=begun["user_code"].lower())
    await tab.press()
    await tab.hold_to_account()
    await tab.press("decision", "deny")
    await tab.sees(says("device.done.denied.title", language))
    assert (await poll(television, begun))["error"] == "access_denied"


async def test_the_code_can_be_scanned(open_tab, television):
    begun = await begin(television)
    picture = await television.get(f"/device/qr?user_code={begun['user_code']}")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    tab = await open_tab()
    await tab.page.set_content(picture.text)
    size = await tab.page.locator("svg").bounding_box()
    assert size is not None
    assert size["width"] == size["height"] > 100
