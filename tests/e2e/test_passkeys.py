"""Passkeys in a browser with an authenticator of its own: sign-up without a password, autofill, second factor, loss."""

import asyncio
import re

import pytest
from playwright.async_api import CDPSession, expect

from tests.e2e.tab import ARABIC, PASSWORD, Tab, sign_up
from tests.support.house import says
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
WAYS: dict[str, dict[str, object]] = {"english": {}, "arabic-phone": ARABIC}
ACCOUNT = re.compile(r"/account(/|$)")
GO = "[data-passkey-go]"
TOLD = """
const asking = navigator.credentials;
const get = asking?.get.bind(asking);
if (asking) asking.get = (asked) => {
    document.documentElement.dataset.asked = asked.mediation ?? "aloud";
    return get(asked);
};
"""
"""The page's root says for which passkey it asks, once it does."""
FILLED_IN = """
const container = navigator.credentials;
const create = container?.create.bind(container);
if (container) container.create = ({ mediation, ...asked }) =>
    mediation === "conditional" ? create(asked) : Promise.reject(new Error("asked aloud"));
"""
"""A browser makes a passkey by itself only where it has just filled in a password, and this one keeps none."""


class Device:
    """The authenticator of a tab's device (Chrome DevTools Protocol, domain WebAuthn). Nobody touches it at first."""

    def __init__(self, session: CDPSession, name: str) -> None:
        self._session, self._name = session, name

    @classmethod
    async def of(cls, tab: Tab) -> "Device":
        await tab.context.add_init_script(TOLD)
        session = await tab.context.new_cdp_session(tab.page)
        await session.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": False,
        }
        made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(session, made["authenticatorId"])

    async def touched(self, *, always: bool = True) -> None:
        """From now on somebody is there who agrees to everything; or nobody."""
        changed = {"authenticatorId": self._name, "enabled": always}
        await self._session.send("WebAuthn.setAutomaticPresenceSimulation", changed)

    async def lose(self) -> None:
        """Forget every passkey."""
        await self._session.send("WebAuthn.clearCredentials", {"authenticatorId": self._name})

    async def held(self) -> int:
        """How many passkeys it holds."""
        found = await self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._name})
        return len(found["credentials"])


async def pressed(tab: Tab, device: Device) -> None:
    """Press the page's passkey button with a finger on the device."""
    await device.touched()
    await tab.page.locator(GO).first.click()
    await tab.page.wait_for_url(ACCOUNT)
    await device.touched(always=False)


async def sign_up_by_passkey(tab: Tab, device: Device, email: str, locale: str = "en") -> None:
    """From the form to the account page; no password is typed."""
    await tab.go("/sign-up")
    await tab.sees(says("sign_up.title", locale))
    await tab.fill(name="Ada Brook", email=email)
    await tab.page.locator("button[value='use:passkey']").click()
    await expect(tab.page.locator("[name=code]")).to_be_visible()
    await tab.fill(code=await tab.code_for(email))
    await tab.press()
    await tab.sees(says("passkey.make.title", locale))
    await pressed(tab, device)
    assert await device.held() == 1


async def sign_out(tab: Tab) -> None:
    await tab.go("/account")
    await tab.press("intent", "sign_out")
    await expect(tab.page.locator("main form")).to_have_count(0)
    await tab.go("/sign-in")
    await expect(tab.page.locator("html")).to_have_attribute("data-asked", "conditional")  # before a finger is there


@pytest.mark.parametrize("way", WAYS)
async def test_signing_up_takes_no_password_autofill_signs_in_and_a_lost_passkey_is_replaced(open_tab, email, way):
    tab = await open_tab(**WAYS[way])
    device = await Device.of(tab)
    language = str(WAYS[way].get("locale", "en"))
    await sign_up_by_passkey(tab, device, email, language)
    await tab.go("/account/security")
    await tab.hold_to_account()
    await sign_out(tab)
    await tab.sees(says("sign_in.title", language))
    await device.touched()  # the browser offers what it has in the field, and somebody takes it
    await tab.go("/sign-in")
    await tab.page.wait_for_url(ACCOUNT)
    await device.touched(always=False)
    await sign_out(tab)
    await device.lose()
    await tab.press("intent", "recover")
    await tab.sees(says("recover.title", language))
    await tab.fill(email=email)
    await tab.press()
    await tab.sees(says("verify.title", language))
    await tab.fill(code=await tab.code_for(email))
    await tab.press()
    await tab.sees(says("passkey.make.title", language))
    await pressed(tab, device)
    assert await device.held() == 1
    await sign_out(tab)
    await pressed(tab, device)  # by the button, which asks as the field does


@pytest.mark.parametrize("way", WAYS)
async def test_a_passkey_stands_behind_a_password_as_second_factor(open_tab, email, way):
    tab = await open_tab(**WAYS[way])
    device = await Device.of(tab)
    language = str(WAYS[way].get("locale", "en"))
    await tab.go("/sign-up")
    await sign_up(tab, email)
    await tab.sees(says("passkey.offer.title", language))
    await tab.press("intent", "skip")
    await tab.page.wait_for_url(ACCOUNT)
    await tab.go("/account/security")
    await tab.press("intent", "add_security_key")
    await tab.sees(says("passkey.make_key.title", language))
    await device.touched()
    await tab.page.locator(GO).first.click()
    await tab.sees(says("second_factor.codes.title", language))
    await device.touched(always=False)
    await tab.press()
    await tab.page.wait_for_url(ACCOUNT)
    await tab.hold_to_account()
    await sign_out(tab)
    await tab.fill(email=email, password=PASSWORD)
    await tab.press()
    await tab.sees(says("second_factor.ask.title", language))
    await pressed(tab, device)


async def test_a_hand_that_draws_back_is_told_and_may_try_again(tab, email):
    device = await Device.of(tab)
    await sign_up_by_passkey(tab, device, email)
    await sign_out(tab)
    await device.lose()
    await device.touched()
    await tab.page.locator(GO).first.click()
    await expect(tab.page.locator("[data-passkey-trouble]")).to_be_visible()
    await tab.hold_to_account()


async def test_a_browser_makes_a_passkey_by_itself_after_a_password_and_forgets_it_once_it_is_removed(tab, email):
    await tab.context.add_init_script(FILLED_IN)
    device = await Device.of(tab)
    await device.touched()
    await tab.go("/sign-up")
    await sign_up(tab, email)
    await tab.page.wait_for_url(ACCOUNT)  # nobody pressed anything on the way
    assert await device.held() == 1
    await tab.go("/account/security")
    await tab.press("intent", "remove_passkey")
    await tab.sees(says("passkey.remove.title"))
    await tab.press()
    await tab.page.wait_for_url(ACCOUNT)
    async with asyncio.timeout(PATIENCE):
        while await device.held():  # the page tells the browser, which tells its authenticator
            await tab.page.wait_for_timeout(50)
