"""Templates, and the few things they know how to say."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from examples.demo_app.settings import Settings
from examples.demo_app.tokens import Account

_MEANINGS = {
    "iss": "who vouches for it",
    "sub": "who you are to this shop",
    "aud": "whom it is meant for",
    "azp": "who asked for it",
    "exp": "good until",
    "iat": "written at",
    "auth_time": "when you last proved who you are",
    "nonce": "ties it to our own request",
    "acr": "how sure they are",
    "amr": "how you proved it",
    "sid": "your session over there",
    "at_hash": "ties the access token to it",
    "c_hash": "ties the code to it",
    "jti": "its own number",
    "email": "your e-mail address",
    "email_verified": "whether you proved that address",
    "name": "your name",
    "given_name": "your first name",
    "family_name": "your last name",
    "middle_name": "your middle name",
    "nickname": "what friends call you",
    "profile": "a page about you",
    "picture": "a picture of you",
    "website": "your website",
    "gender": "your gender",
    "birthdate": "when you were born",
    "address": "where you live",
    "preferred_username": "what you like to be called",
    "locale": "your language",
    "zoneinfo": "your time zone",
    "updated_at": "when your details last changed",
}
_INSTANTS = {"exp", "iat", "auth_time", "updated_at", "nbf"}


class Pages:
    """Renders the shop's pages."""

    def __init__(self, settings: Settings, now: Callable[[], float]) -> None:
        """Load the templates."""
        self._settings = settings
        self._now = now
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"clock": clock, "until": self._until, "value": value}

    def render(self, request: Request, name: str, values: dict[str, Any] | None = None, status: int = 200) -> Response:
        """Return the page *name*."""
        account = request.session.get("account") if "session" in request.scope else None
        context = {
            "account": account if isinstance(account, Account) else None,
            "issuer": self._settings.issuer,
            "meanings": _MEANINGS,
            **(values or {}),
        }
        return HTMLResponse(self._environment.get_template(name).render(context), status)

    def _until(self, instant: int) -> str:
        """Return how far *instant* is from now: ``in 4 min 10 s``, ``2 min ago``."""
        gap = int(instant - self._now())
        if abs(gap) < 2:
            return "just now"
        words = _span(abs(gap))
        return f"in {words}" if gap >= 0 else f"{words} ago"


def clock(instant: int) -> str:
    """Return Unix seconds as ``2026-11-23 22:01:07 UTC``."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(instant))


def value(claim: Any, name: str) -> str:
    """Return a claim's value for reading."""
    if name in _INSTANTS and isinstance(claim, (int, float)) and 0 < claim < 1 << 40:
        return clock(int(claim))
    return claim if isinstance(claim, str) else json.dumps(claim, ensure_ascii=False)


def _span(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    if seconds < 2 * 86400:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 86400} days"
