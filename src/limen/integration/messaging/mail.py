"""A message that is ready to leave, and the role of whoever carries it."""

from dataclasses import dataclass, field
from typing import Protocol

from limen.integration.messaging.delivery import DeliveryLater, DeliveryRefused


@dataclass(frozen=True, slots=True, repr=False)
class OutgoingMail:
    """One message to one person.

    Attributes:
        to: one bare address, ``local@domain``; either side may be non-ASCII.
        subject: one line.
        text: the plain body; every message has one.
        html: the same as HTML, or empty.
        message_id: ``<unique@domain>``, the same at each attempt (RFC 5322 §3.6.4).
        headers: further headers, such as ``Reply-To``, or ``From`` where a tenant sends under its own name.
    """

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    headers: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return a mask: every part of a message is personal."""
        return "OutgoingMail(****)"


class MailUnavailable(DeliveryLater):
    """The message could not be handed over just now; the same message may be tried again."""


class MailRejected(DeliveryRefused):
    """The message will never be accepted: its address or its content is at fault."""


class Mailer(Protocol):
    """Carries messages out of the house."""

    async def send(self, mail: OutgoingMail) -> None:
        """Hand *mail* over; on return, somebody else answers for it.

        Raises:
            MailUnavailable: try again later.
            MailRejected: do not try again.
        """
        ...
