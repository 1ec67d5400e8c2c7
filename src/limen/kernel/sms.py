"""What ``sms.requested`` carries under seal (version 1), and the line by which a phone knows where a code belongs."""

from typing import Final

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.masked import Masked

SMS_FIELD: Final = "sms"
"""The logical field a request is sealed as; the record is the event's identifier."""


class SmsRequest(Masked, msgspec.Struct, frozen=True, kw_only=True):
    """A short message to be worded and sent.

    Attributes:
        template: the message's name; its words are those of the key ``sms.{template}``.
        locale: a BCP 47 tag.
        number: where it goes, as E.164.
        country: of the number, ISO 3166-1 alpha-2: for metrics.
        code: the code in it; empty in a notice.
        host: the host of the page where the code is typed; empty in a notice.
        expires_at: when it is of no use any more: from then on it is not sent.
    """

    template: str
    locale: str
    number: str
    country: str
    code: str
    host: str
    expires_at: Instant

    def __repr__(self) -> str:
        """Return a mask: number and code are personal and secret."""
        return f"SmsRequest(template={self.template!r}, ****)"


def encode_sms_request(request: SmsRequest) -> bytes:
    """Return *request* as the plaintext to be sealed."""
    return msgspec.json.encode(request)


def origin_bound(words: str, host: str, code: str) -> str:
    """Return a message whose last line binds *code* to *host* (WICG, *Origin-bound one-time codes*).

    A phone that knows the format fills the code in on pages of that host only; a look-alike gets none.
    """
    return f"{words}\n\n@{host} #{code}"
