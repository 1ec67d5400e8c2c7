"""What ``mail.requested`` carries under seal (version 1): the one payload that several layers must agree on."""

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.masked import Masked

MAIL_FIELD = "mail"
"""The logical field a request is sealed as; the record is the event's identifier."""


class MailRequest(Masked, msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message to be rendered and sent.

    Attributes:
        template: the message's name, such as ``verify_email``.
        locale: a BCP 47 tag.
        address: where it goes; ``local@domain``.
        context: what the template is filled with; ``zone``, where it is there, is the time zone in which its reader is
            told moments.
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


def encode_mail_request(request: MailRequest) -> bytes:
    """Return *request* as the plaintext to be sealed."""
    return msgspec.json.encode(request)
