"""Webhooks that their receiver can prove, as the Standard Webhooks specification has them.

Its libraries verify the headers: ``webhook-id`` (the same at each attempt, by which a receiver tells a repetition),
``webhook-timestamp`` (seconds since 1970; old ones are to be refused) and ``webhook-signature`` (``v1,`` and the base64
of HMAC-SHA-256 over ``{id}.{timestamp}.{body}``).
"""

import hmac
from base64 import b64encode

from limen.kernel.clock import SECOND, Instant
from limen.kernel.secret import Secret

Headers = tuple[tuple[str, Secret], ...]


def signed(key: bytes, webhook_id: str, now: Instant, body: bytes) -> Headers:
    """Return the headers under which *body* goes out."""
    at = str(now // SECOND)
    mac = hmac.digest(key, f"{webhook_id}.{at}.".encode() + body, "sha256")
    return (
        ("webhook-id", Secret(webhook_id)),
        ("webhook-timestamp", Secret(at)),
        ("webhook-signature", Secret("v1," + b64encode(mac).decode())),
    )
