"""People with factors, made over Limen's own pages, and what they do there."""

import base64
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from bench.factors.authenticator import Passkey
from bench.factors.browser import Browser, LostError
from bench.limen.walk import Person
from bench.request import REDIRECT_URI, authorization_request
from limen.access.factors.totp import Totp, step_at
from limen.kernel.clock import SystemClock
from limen.kernel.entropy import SystemEntropy

_SECRET: Final = re.compile(r'id="secret"[^>]*>([a-zA-Z2-7 ]+)<')
AUTHORIZE: Final = f"/authorize?{urlencode(authorization_request('bench-web'))}"
SECURITY: Final = "/account/security"
_OK: Final = 200


@dataclass(slots=True)
class Owner:
    """A customer, and what they prove themselves with."""

    port: int
    person: Person
    passkey: Passkey = field(init=False)
    totp: Totp | None = None

    def __post_init__(self) -> None:
        """Give them a passkey that is not made yet."""
        self.passkey = Passkey(f"http://127.0.0.1:{self.port}", SystemEntropy())

    def begin(self) -> Browser:
        """Sign in for the first time, by password, and allow the application what it asks for."""
        browser = self.by_password(AUTHORIZE)
        browser.post(browser.form("version"), decision="allow")
        return browser

    def by_password(self, path: str) -> Browser:
        """Sign in by password at *path*, in a fresh browser; return it where that led."""
        browser = Browser(self.port)
        browser.get(path)
        browser.post(browser.form("email", "password"), email=self.person.email, password=self.person.password)
        return browser

    def add_passkey(self, browser: Browser, passkey: Passkey) -> None:
        """Make *passkey* on the account page, where *browser* is signed in."""
        browser.get(SECURITY)
        browser.post(browser.button("add_passkey"), intent="add_passkey")
        form = browser.form("passkey", "version")
        browser.post(form, passkey=passkey.make(browser.page))
        _expect(browser, SECURITY)

    def by_passkey(self, path: str = AUTHORIZE) -> Browser:
        """Sign in by passkey at *path*, in a fresh browser."""
        browser = Browser(self.port)
        browser.get(path)
        form = browser.form("passkey", "version")
        browser.post(form, intent="use:passkey", passkey=self.passkey.speak(browser.page))
        return browser

    def add_app(self) -> None:
        """Set up an authenticator app, proven by the step before the present one: that one is left to sign in with."""
        browser = self.begin()
        browser.get(SECURITY)
        browser.post(browser.button("add_app"), intent="add_app")
        browser.post(browser.form("version"))
        found = _SECRET.search(browser.page)
        if found is None:
            raise LostError("the page shows no secret")
        typed = re.sub(r"\s", "", found[1]).upper()
        self.totp = Totp(base64.b32decode(typed + "=" * (-len(typed) % 8)))
        browser.post(browser.form("code", "version"), code=self.totp.code(_step() - 1))
        if "secret" in browser.form("version").fields or browser.status != _OK:
            raise LostError(browser.page[:300])
        browser.close()

    def by_app(self, later: int = 0) -> Browser:
        """Sign in by password and the code of the present step, or so much *later* a one: each counts once."""
        if self.totp is None:
            raise LostError("no app")
        browser = self.by_password(AUTHORIZE)
        browser.post(browser.form("code", "version"), code=self.totp.code(_step() + later))
        return browser


def arrived(browser: Browser) -> bool:
    """Tell whether the browser was sent to the application with a code."""
    browser.close()
    return browser.location.startswith(REDIRECT_URI) and "code=" in browser.location


def _expect(browser: Browser, path: str) -> None:
    if browser.status != _OK or path not in browser.url:
        message = f"{browser.url} ({browser.status}) in place of {path}"
        raise LostError(message)


def _step() -> int:
    return step_at(SystemClock().now())
