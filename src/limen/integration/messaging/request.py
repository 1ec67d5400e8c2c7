"""What ``mail.requested`` carries under seal, and what a template makes of it."""

from typing import Protocol

import msgspec

from limen.integration.messaging.delivery import DeliveryRefused
from limen.kernel.clock import Instant

MAIL_FIELD = "mail"
"""The logical field a request is sealed as; the record is the event's identifier."""


class MailRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The sealed payload of ``mail.requested``, version 1; as JSON, an object with these members.

    Attributes:
        template: the message's name, such as ``verify_email``.
        locale: a BCP 47 tag.
        address: where it goes; ``local@domain``.
        context: what the template is filled with.
        expires_at: when it stops being of use (its code has expired by then); 0 is never.
    """

    template: str
    locale: str
    address: str
    context: dict[str, str | int] = {}
    expires_at: Instant = 0

    def __repr__(self) -> str:
        """Return a mask: address and context are personal."""
        return f"MailRequest(template={self.template!r}, ****)"


_decoder = msgspec.json.Decoder(MailRequest)


def encode_mail_request(request: MailRequest) -> bytes:
    """Return *request* as the plaintext to be sealed."""
    return msgspec.json.encode(request)


def decode_mail_request(payload: bytes) -> MailRequest:
    """Return the request that *payload* holds.

    Raises:
        DeliveryRefused: it holds none (``payload_invalid``).
    """
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # the decoder's message may quote the payload, so it is not chained
        raise DeliveryRefused("payload_invalid") from None


class RenderedMail(Protocol):
    """A message's words."""

    @property
    def subject(self) -> str:
        """The subject, one line."""
        ...

    @property
    def text(self) -> str:
        """The plain body."""
        ...

    @property
    def html(self) -> str:
        """The body as HTML, or empty."""
        ...


class RenderMail(Protocol):
    """Turns a template's name into words."""

    async def __call__(self, tenant_id: str, name: str, locale: str, context: dict[str, str | int]) -> RenderedMail:
        """Return the message *name* of the tenant in *locale*, or in the nearest language there is.

        Raises:
            LookupError: there is no such template.
        """
        ...
