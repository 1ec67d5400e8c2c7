"""The browser's one cookie: ``{browser}.{secret}``. Its secret changes with every change of assurance.

Reading it proves nothing until the secret's hash was compared with the stored one. A newcomer is stored when they
answer something, and known until then by their secret, which follows from their name under a sub-key of the tenant's.
"""

import hmac

import msgspec

from limen.access.sessions.records import BROWSER_UNSEEN, Browser
from limen.kernel.clock import Clock, Instant
from limen.kernel.encoding import b64url, sha256
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.ids import BrowserId
from limen.kernel.mac import HmacSha256
from limen.kernel.masked import Masked

_MAX = 128


class BrowserCookie(Masked, msgspec.Struct, frozen=True):
    """What a browser presents."""

    id: BrowserId
    secret: str

    def __repr__(self) -> str:
        """Show no secret."""
        return f"BrowserCookie({self.id})"

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


def new_browser(clock: Clock, entropy: Entropy, secrets: HmacSha256) -> tuple[Browser, BrowserCookie]:
    """Return a new browser and the cookie it is to hold; what it is known by meanwhile follows from *secrets*."""
    browser_id = BrowserId.new(clock, entropy)
    cookie = BrowserCookie(browser_id, _first_secret(browser_id, secrets))
    now = clock.now()
    return Browser(cookie.id, cookie.secret_hash(), now, now), cookie


def newcomer(cookie: BrowserCookie, secrets: HmacSha256, now: Instant) -> Browser | None:
    """Return the new browser that holds *cookie*, of which nothing is stored; None where it is none of ours, or old.

    One that was stored, and has another secret since, may be forgotten when it is as old.
    """
    if now - cookie.id.made_at >= BROWSER_UNSEEN:
        return None
    if not hmac.compare_digest(cookie.secret.encode(), _first_secret(cookie.id, secrets).encode()):
        return None
    return Browser(cookie.id, cookie.secret_hash(), cookie.id.made_at, now)


def _first_secret(browser_id: BrowserId, secrets: HmacSha256) -> str:
    return b64url(secrets.digest(browser_id.encode()))


def fresh_cookie(browser_id: BrowserId, entropy: Entropy) -> BrowserCookie:
    """Return a cookie with a new secret for a browser."""
    return BrowserCookie(browser_id, random_token(entropy))
