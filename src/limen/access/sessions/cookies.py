"""The browser's one cookie: ``{browser}.{secret}``. Its secret changes with every change of assurance.

Reading it proves nothing until the secret's hash was compared with the stored one.
"""

import hmac
from dataclasses import dataclass

from limen.access.sessions.records import Browser
from limen.kernel.clock import Clock
from limen.kernel.encoding import sha256
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.ids import BrowserId

_MAX = 128


@dataclass(frozen=True, slots=True)
class BrowserCookie:
    """What a browser presents."""

    id: BrowserId
    secret: str

    def text(self) -> str:
        """Return the cookie's value."""
        return f"{self.id}.{self.secret}"

    def proves(self, browser: Browser | None) -> bool:
        """Tell, in constant time, whether this is *browser*."""
        return browser is not None and hmac.compare_digest(self.secret_hash(), browser.secret_hash)

    def secret_hash(self) -> bytes:
        """Return the SHA-256 by which the browser is stored."""
        return sha256(self.secret.encode())


def read_cookie(text: str) -> BrowserCookie | None:
    """Return the cookie of *text*, or None if it is not one."""
    if len(text) > _MAX or not text.isascii():
        return None
    head, _, secret = text.partition(".")
    browser_id = BrowserId.parse(head)
    return BrowserCookie(browser_id, secret) if browser_id is not None and secret else None


def new_browser(clock: Clock, entropy: Entropy) -> tuple[Browser, BrowserCookie]:
    """Return a new browser and the cookie it is to hold."""
    cookie = fresh_cookie(BrowserId.new(clock, entropy), entropy)
    now = clock.now()
    return Browser(cookie.id, cookie.secret_hash(), now, now), cookie


def fresh_cookie(browser_id: BrowserId, entropy: Entropy) -> BrowserCookie:
    """Return a cookie with a new secret for a browser."""
    return BrowserCookie(browser_id, random_token(entropy))
