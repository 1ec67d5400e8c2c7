"""Reading what ``mail.requested`` carries under seal, and the words a template makes of it."""

from typing import Protocol

import msgspec

from limen.integration.messaging.delivery import DeliveryRefused
from limen.kernel.mail import MailRequest

_decoder = msgspec.json.Decoder(MailRequest)


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
