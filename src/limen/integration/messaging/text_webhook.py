"""Short messages by a webhook of the operator's own, signed with HMAC-SHA-256.

The headers are those of :mod:`limen.kernel.webhooks`.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass

import msgspec

from limen.access.outgoing import Outgoing
from limen.integration.messaging.texts import Handing, OutgoingText, hand_over
from limen.kernel.clock import Clock
from limen.kernel.errors import Misconfigured
from limen.kernel.secret import Secret
from limen.kernel.webhooks import signed

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where messages go: *url* (https), *secret* (``whsec_`` and the base64 of 24 to 64 bytes), *seconds* for all."""

    url: str
    secret: Secret
    seconds: float


class WebhookTexter:
    """Posts each message as ``{"type": "sms.requested", "data": {"to": …, "text": …}}``."""

    name = "webhook"

    def __init__(self, settings: WebhookSettings, outgoing: Outgoing, clock: Clock) -> None:
        """Post by *outgoing*.

        Raises:
            Misconfigured: the secret is not what it should be.
        """
        self._settings, self._outgoing, self._clock = settings, outgoing, clock
        self._key = signing_key(settings.secret)

    async def send(self, text: OutgoingText) -> None:
        """Hand *text* over.

        Raises:
            DeliveryLater: not now.
            DeliveryRefused: never.
        """
        body = msgspec.json.encode({"type": "sms.requested", "data": {"to": text.to, "text": text.text}})
        headers = signed(self._key, text.id, self._clock.now(), body)
        how = Handing(headers, self._settings.seconds)
        await hand_over(self._outgoing, self._settings.url, body, "application/json", how)


def signing_key(secret: Secret, name: str = "sms.secret") -> bytes:
    """Return the key that a secret holds; *name* is that of the setting.

    Raises:
        Misconfigured: it is not ``whsec_`` and base64, or too short, or too long.
    """
    text = secret.reveal()
    try:
        key = b64decode(text.removeprefix(_PREFIX), validate=True)
    except NotBase64:
        key = b""
    if not text.startswith(_PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise Misconfigured(
            f"{name} is no webhook secret", "whsec_ and the base64 of 24 to 64 random bytes: openssl rand -base64 32"
        )
    return key
