"""oidc-client-ts in a real browser: signing in with PKCE, renewal without being seen, signing out."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from tests.interop.conftest import EMAIL, PASSWORD, SPA, Place
from tests.support import node, parts
from tests.support.chromium import MILLISECONDS

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
PAGE = Path(__file__).with_name("spa.html")


class Shelf(BaseHTTPRequestHandler):
    """Serves the page at every path, and the library at one."""

    def __init__(self, library: bytes, *rest: object) -> None:
        self.library = library
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        is_library = self.path.endswith(".js")
        self.send_response(200)
        self.send_header("content-type", "text/javascript" if is_library else "text/html")
        self.end_headers()
        self.wfile.write(self.library if is_library else PAGE.read_bytes())

    def log_message(self, format: str, *_args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture(scope="module")
def spa() -> Iterator[str]:
    """Serve the application, as an address."""
    folder = node.package("oidc-client-ts")
    if folder is None:
        parts.missing("node packages", node.HINT)
    library = (folder / "dist" / "browser" / "oidc-client-ts.min.js").read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", urlsplit(SPA).port or 0), partial(Shelf, library))
    Thread(target=server.serve_forever, daemon=True).start()
    yield SPA
    server.shutdown()
    server.server_close()


@asynccontextmanager
async def opened(browser: Browser, place: Place, spa: str, scope: str) -> AsyncIterator[Page]:
    """Open the application in a fresh browser, as far as being signed in."""
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    page.set_default_timeout(MILLISECONDS)
    await page.goto(f"{spa}/?{urlencode({'authority': place.issuer, 'scope': scope})}")
    await page.evaluate("() => { manager.signinRedirect(); }")
    await page.locator("main [name=email]").fill(EMAIL)
    await page.locator("main [name=password]").fill(PASSWORD)
    await page.locator("main button.button--wide[type=submit]:not([name])").first.click()
    await page.wait_for_url(f"{spa}/callback?**")
    await page.evaluate("() => manager.signinRedirectCallback()")
    yield page
    await context.close()


TOLD = """() => manager.getUser().then(user => user && {sub: user.profile.sub, email: user.profile.email,
    access: user.access_token, refresh: user.refresh_token || "", expired: user.expired, nonce: user.profile.nonce})"""


async def test_it_signs_in_renews_by_a_refresh_token_and_signs_out(browser: Browser, place: Place, spa: str):
    async with opened(browser, place, spa, "openid email offline_access") as page:
        first = await page.evaluate(TOLD)
        assert (first["email"], first["expired"]) == (EMAIL, False)
        await page.evaluate("() => manager.signinSilent()")
        second = await page.evaluate(TOLD)
        assert second["sub"] == first["sub"]
        assert second["access"] != first["access"]
        assert second["refresh"] != first["refresh"] != ""
        await page.evaluate("() => { manager.signoutRedirect(); }")
        await page.wait_for_url(f"{spa}/gone**")
        assert await page.evaluate(TOLD) is None
        await page.evaluate("() => { manager.signinRedirect(); }")
        await expect(page.locator("main [name=password]")).to_be_visible()


async def test_it_renews_in_a_frame_by_the_session_alone(browser: Browser, place: Place, spa: str):
    async with opened(browser, place, spa, "openid email") as page:
        first = await page.evaluate(TOLD)
        assert first["refresh"] == ""
        await page.evaluate("() => manager.signinSilent()")
        second = await page.evaluate(TOLD)
        assert (second["sub"], second["access"] != first["access"]) == (first["sub"], True)


async def test_a_frame_without_a_session_is_told_that_a_person_is_needed(browser: Browser, place: Place, spa: str):
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(MILLISECONDS)
    await page.goto(f"{spa}/?{urlencode({'authority': place.issuer, 'scope': 'openid'})}")
    refused = await page.evaluate("() => manager.signinSilent().then(() => 'in', error => error.error)")
    assert refused == "login_required"
    await context.close()


async def test_revocation_of_tokens_from_a_browser(browser: Browser, place: Place, spa: str):
    async with opened(browser, place, spa, "openid email offline_access") as page:
        await page.evaluate("() => manager.revokeTokens(['refresh_token'])")
        refused = await page.evaluate(
            """async () => {
                const user = await manager.getUser();
                user.refresh_token = "rt_gone";
                await manager.storeUser(user);
                return manager.signinSilent().then(() => 'in', error => error.error);
            }"""
        )
        assert refused == "invalid_grant"
