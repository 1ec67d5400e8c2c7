"""Sessions in memory behind a random cookie; what is in them never reaches the browser."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LIFETIME = 8 * 3600
_MOST = 2000


@dataclass(slots=True)
class _Entry:
    expires_at: float
    data: dict[str, Any] = field(default_factory=dict)


class SessionStore:
    """At most ``_MOST`` sessions of eight hours; the one unused for longest goes first."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Make an empty store."""
        self._now = now
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def load(self, key: str) -> dict[str, Any] | None:
        """Return the session *key*, or None."""
        entry = self._entries.get(key)
        if entry is None or entry.expires_at <= self._now():
            self._entries.pop(key, None)
            return None
        self._entries.move_to_end(key)
        return entry.data

    def save(self, data: dict[str, Any]) -> str:
        """Keep *data* under a new key."""
        key = secrets.token_urlsafe(32)
        self._entries[key] = _Entry(self._now() + _LIFETIME, data)
        while len(self._entries) > _MOST:
            self._entries.popitem(last=False)
        return key

    def drop(self, key: str) -> None:
        """Forget *key*."""
        self._entries.pop(key, None)


class SessionMiddleware:
    """Puts ``request.session`` in place.

    A session begins when something is put in it, gets a new key when ``scope["session_renew"]`` is set (a key from
    before signing in must not be worth anything after it), and ends when it is emptied.
    """

    def __init__(self, app: ASGIApp, store: SessionStore, *, secure: bool) -> None:
        """Wrap *app*; *secure*: the browser reaches us by TLS."""
        self._app = app
        self._store = store
        # ports of one host share cookies, so the name must be nobody else's
        self._cookie = "__Host-pip-and-husk" if secure else "pip-and-husk"
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        key = HTTPConnection(scope).cookies.get(self._cookie, "")
        found = self._store.load(key) if key else None
        scope["session"] = {} if found is None else found

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._remember(key, known=found is not None, scope=scope, message=message)
            await send(message)

        await self._app(scope, receive, sending)

    def _remember(self, key: str, *, known: bool, scope: Scope, message: Message) -> None:
        session = scope["session"]
        headers = MutableHeaders(scope=message)
        if known and (not session or scope.get("session_renew")):
            self._store.drop(key)
            known = False
        if session and not known:
            headers.append("set-cookie", f"{self._cookie}={self._store.save(session)}{self._attributes}")
        elif key and not known:
            headers.append("set-cookie", f"{self._cookie}={self._attributes}; Max-Age=0")
