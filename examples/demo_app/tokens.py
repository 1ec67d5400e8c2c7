"""What the shop keeps of a sign-in, and what it dares to show of it."""

import asyncio
import hashlib
import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A token as it may be shown: enough to tell two apart, too little to use one.

    Attributes:
        kind: "JWT" or "opaque".
        fingerprint: the first 12 hexadecimal digits of its SHA-256.
        jti: the token's own identifier, or empty.
        expires_at: Unix seconds, or 0 where nobody said.
    """

    kind: str
    fingerprint: str
    jti: str = ""
    expires_at: int = 0


def glimpse(token: str, expires_at: int = 0) -> Glimpse:
    """Look at *token* without trusting it: to a relying party an access token is opaque (RFC 9068 §6)."""
    fingerprint = hashlib.sha256(token.encode()).hexdigest()[:12]
    parts = token.split(".")
    try:
        payload = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))) if len(parts) == 3 else None
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        return Glimpse("opaque", fingerprint, expires_at=expires_at)
    exp = payload.get("exp")
    return Glimpse("JWT", fingerprint, str(payload.get("jti", "")), int(exp) if isinstance(exp, int) else expires_at)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One time that tokens came: ``generation`` 1 is the code's, each refresh adds one."""

    generation: int
    at: int
    access: Glimpse
    refresh: Glimpse | None


@dataclass(slots=True)
class Account:
    """A signed-in customer. The tokens stay out of ``repr``; ``lock`` keeps two clicks from refreshing at once."""

    claims: dict[str, Any]
    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scope: str
    exchanges: list[Exchange]
    userinfo: dict[str, Any] | None = None
    userinfo_at: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def name(self) -> str:
        """What to call the customer."""
        known = {**self.claims, **(self.userinfo or {})}
        for claim in ("given_name", "name", "nickname", "preferred_username", "email"):
            if isinstance(known.get(claim), str) and known[claim].strip():
                return str(known[claim])
        return "friend"

    def record(self, token: dict[str, Any], now: int) -> None:
        """Take over the tokens of an exchange at *now*; a refresh may leave out what it does not change."""
        self.access_token = token["access_token"]
        self.refresh_token = token.get("refresh_token") or self.refresh_token
        self.id_token = token.get("id_token") or self.id_token
        self.scope = token.get("scope") or self.scope
        access = glimpse(self.access_token, int(token.get("expires_at") or 0))
        refresh = glimpse(self.refresh_token) if self.refresh_token else None
        self.exchanges.insert(0, Exchange(len(self.exchanges) + 1, now, access, refresh))
