"""The browser's one cookie: ``{browser}.{secret}``. Its secret changes with every change of assurance.

Reading it proves nothing until the secret's hash was compared with the stored one.
"""

import hmac
from dataclasses import dataclass, replace

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
        return browser is not None and hmac.compare_digest(sha256(self.secret.encode()), browser.secret_hash)


def read_cookie(text: str) -> BrowserCookie | None:
    """Return the cookie of *text*, or None if it is not one."""
    if len(text) > _MAX or not text.isascii():
        return None
    head, _, secret = text.partition(".")
    browser_id = BrowserId.parse(head)
    return BrowserCookie(browser_id, secret) if browser_id is not None and secret else None


def new_browser(clock: Clock, entropy: Entropy) -> tuple[Browser, BrowserCookie]:
    """Return a new browser and the cookie it is to hold."""
    cookie = BrowserCookie(BrowserId.new(clock, entropy), random_token(entropy))
    now = clock.now()
    return Browser(cookie.id, sha256(cookie.secret.encode()), now, now), cookie


def rotated(browser: Browser, clock: Clock, entropy: Entropy) -> tuple[Browser, BrowserCookie]:
    """Return the browser under a new secret, and the cookie to replace the old one."""
    cookie = BrowserCookie(browser.id, random_token(entropy))
    return replace(browser, secret_hash=sha256(cookie.secret.encode()), seen_at=clock.now()), cookie
