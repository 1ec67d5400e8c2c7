"""``mail.requested``: open the envelope, find the words, hand the message over."""

from dataclasses import dataclass
from typing import Protocol

from limen.integration.messaging.delivery import DeliveryLater, DeliveryRefused
from limen.integration.messaging.mail import Mailer, OutgoingMail
from limen.integration.messaging.queue import OutboxItem
from limen.integration.messaging.request import RenderMail, decode_mail_request
from limen.kernel.clock import Clock
from limen.kernel.encoding import b64url, framed, sha256


class Unseal(Protocol):
    """Opens the envelope of an item."""

    async def __call__(self, item: OutboxItem) -> bytes | None:
        """Return the plaintext, or None where its key was destroyed.

        Raises:
            Corrupted: the envelope does not verify.
        """
        ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a tenant's mail comes from.

    Attributes:
        domain: the right side of the Message-ID: the host of the tenant's issuer.
        address: ``Name <local@domain>``, or empty: the process's own sender.
    """

    domain: str
    address: str = ""


class SenderOf(Protocol):
    """Knows who a tenant's mail comes from."""

    async def __call__(self, tenant_id: str) -> Sender | None:
        """Return the tenant's sender, or None where there is no such tenant any more."""
        ...


class MailHandler:
    """Sends the message that an item asks for.

    A message whose key was destroyed is not sent: its reader was erased. Nor is one whose code has run out.
    """

    def __init__(self, unseal: Unseal, render: RenderMail, mailer: Mailer, sender_of: SenderOf, clock: Clock) -> None:
        """Join the parts."""
        self._unseal = unseal
        self._render = render
        self._mailer = mailer
        self._sender_of = sender_of
        self._clock = clock

    async def __call__(self, item: OutboxItem) -> None:
        """Send the message that *item* asks for.

        Raises:
            DeliveryLater: it could not be sent now.
            DeliveryRefused: it can never be sent.
            Corrupted: the envelope does not verify.
        """
        payload = await self._unseal(item)
        sender = await self._sender_of(item.tenant_id)
        if payload is None or sender is None:
            return
        request = decode_mail_request(payload)
        if request.expires_at and request.expires_at <= self._clock.now():
            return
        try:
            words = await self._render(item.tenant_id, request.template, request.locale, request.context)
        except (DeliveryLater, DeliveryRefused):
            raise
        except LookupError:
            raise DeliveryRefused("template_unknown") from None
        headers = {"Content-Language": request.locale, "X-Auto-Response-Suppress": "All"}
        if sender.address:
            headers["From"] = sender.address
        identifier = message_id(item, sender.domain)
        await self._mailer.send(
            OutgoingMail(request.address, words.subject, words.text, words.html, identifier, headers)
        )


def message_id(item: OutboxItem, domain: str) -> str:
    """Return the Message-ID of *item*: the same at each attempt, and silent about our identifiers."""
    return f"<{b64url(sha256(framed('message-id', item.tenant_id, item.id))[:18])}@{domain}>"
