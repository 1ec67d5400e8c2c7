"""``sms.requested``: open the envelope, find the words, hand the message over, and count what came of it."""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec
from prometheus_client import CollectorRegistry, Counter

from limen.integration.messaging.delivery import DeliveryLater, DeliveryRefused
from limen.integration.messaging.handler import Unseal
from limen.integration.messaging.queue import OutboxItem
from limen.integration.messaging.texts import OutgoingText, Texter
from limen.kernel.clock import Clock
from limen.kernel.encoding import b64url, framed, sha256
from limen.kernel.sms import SmsRequest, origin_bound

_requests: Final = msgspec.json.Decoder(SmsRequest)
Count = Callable[[str, str, str], None]
"""(provider, country, outcome)."""


class WordText(Protocol):
    """Knows the words of a message."""

    async def __call__(self, tenant_id: str, request: SmsRequest) -> str | None:
        """Return what the message says, without its last line; None where there is no such tenant any more.

        Raises:
            LookupError: there are no such words.
        """
        ...


class TextHandler:
    """Sends the short message that an item asks for, unless its key was destroyed or its code has expired."""

    def __init__(self, unseal: Unseal, words: WordText, texter: Texter, clock: Clock, count: Count) -> None:
        """Join the parts."""
        self._unseal, self._words, self._texter, self._clock, self._count = unseal, words, texter, clock, count

    async def __call__(self, item: OutboxItem) -> None:
        """Send the message that *item* asks for.

        Raises:
            DeliveryLater: it could not be sent now.
            DeliveryRefused: it can never be sent.
            Corrupted: the envelope does not verify.
        """
        payload = await self._unseal(item)
        if payload is None:
            return
        request = _decoded(payload)
        if request.expires_at <= self._clock.now():
            self._count(self._texter.name, request.country, "expired")
            return
        try:
            words = await self._words(item.tenant_id, request)
        except LookupError:
            raise DeliveryRefused("template_unknown") from None
        if words is not None:
            await self._send(item, request, origin_bound(words, request.host, request.code) if request.code else words)

    async def _send(self, item: OutboxItem, request: SmsRequest, text: str) -> None:
        outcome = "sent"
        try:
            await self._texter.send(OutgoingText(request.number, text, text_id(item)))
        except DeliveryLater:
            outcome = "later"
            raise
        except DeliveryRefused:
            outcome = "refused"
            raise
        finally:
            self._count(self._texter.name, request.country, outcome)


def text_id(item: OutboxItem) -> str:
    """Return the identifier of an item's message: the same at each attempt, and silent about our identifiers."""
    return "msg_" + b64url(sha256(framed("text-id", item.tenant_id, item.id))[:18])


def text_counter(registry: CollectorRegistry) -> Count:
    """Return what counts messages by provider, country and outcome: sent, later, refused, expired."""
    counter = Counter(
        "limen_sms_messages",
        "Short messages handed to a provider, or not, by provider, country and outcome",
        ["provider", "country", "outcome"],
        registry=registry,
    )
    return lambda provider, country, outcome: counter.labels(provider, country, outcome).inc()


def _decoded(payload: bytes) -> SmsRequest:
    try:
        return _requests.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DeliveryRefused("payload_invalid") from None  # the decoder's message may quote the payload
