"""A short message that is ready to leave, and the role of whoever carries it."""

from dataclasses import dataclass, field
from typing import Final, Protocol

from limen.access.outgoing import Notice, Outgoing
from limen.integration.messaging.delivery import DeliveryLater, DeliveryRefused
from limen.integration.messaging.mailbox import DevelopmentMailbox
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.secret import Secret

FORM: Final = "application/x-www-form-urlencoded"
_FORBIDDEN: Final = "outgoing_forbidden"
_OPERATORS: Final = frozenset({401, 402, 403, 404, 405, 407, 408, 425, 429})
"""What the operator can mend, or time: credentials, credit, an address; the message waits."""


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """One short message to one number.

    Attributes:
        to: E.164.
        text: what is read.
        id: unique, and the same at each attempt.
    """

    to: str = field(repr=False)
    text: str = field(repr=False)
    id: str


class Texter(Protocol):
    """Carries short messages out of the house."""

    @property
    def name(self) -> str:
        """Which kind of provider it is, for metrics."""
        ...

    async def send(self, text: OutgoingText) -> None:
        """Hand *text* over; on return, somebody else answers for it.

        Raises:
            DeliveryLater: try again later.
            DeliveryRefused: do not try again.
        """
        ...


class NoTexter:
    """What sends nothing. Nobody is offered a code by short message then; what waits from before, waits."""

    name = "none"

    async def send(self, text: OutgoingText) -> None:
        """Refuse for now.

        Raises:
            DeliveryLater: always.
        """
        del text
        raise DeliveryLater("not_configured")


class DevelopmentTexter:
    """A :class:`Texter` that shows messages in the development mailbox, beside the mail."""

    name = "development"

    def __init__(self, mailbox: DevelopmentMailbox) -> None:
        """Keep messages in *mailbox*."""
        self._mailbox = mailbox

    async def send(self, text: OutgoingText) -> None:
        """Keep *text*."""
        self._mailbox.keep(text.id, text.to, text.text)


async def hand_over(outgoing: Outgoing, url: str, body: bytes, media_type: str, how: "Handing") -> None:
    """Post *body* to a provider by the one way out.

    Raises:
        DeliveryLater: there was no answer, or one that the operator or time can mend.
        DeliveryRefused: the provider does not want this message.
    """
    notice = Notice("sms", body, media_type, seconds=how.seconds, headers=how.headers, any_status=True)
    answer = await outgoing.post(url, notice)
    if isinstance(answer, Refusal):
        is_ours = isinstance(answer, Invalid) and answer.code == _FORBIDDEN
        raise DeliveryLater("sms_forbidden_address" if is_ours else "sms_unreachable")
    if 200 <= answer < 300:
        return
    if 400 <= answer < 500 and answer not in _OPERATORS:
        raise DeliveryRefused(f"sms_{answer}")
    raise DeliveryLater(f"sms_{answer}")


@dataclass(frozen=True, slots=True)
class Handing:
    """How a message is handed over: headers that authenticate it, and seconds for the whole."""

    headers: tuple[tuple[str, Secret], ...]
    seconds: float
