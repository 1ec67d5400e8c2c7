"""A mailbox in memory, for the demonstration: mail that would have been sent can be read in the browser."""

from collections import OrderedDict
from dataclasses import dataclass

from limen.integration.messaging.compose import compose
from limen.integration.messaging.mail import OutgoingMail
from limen.kernel.clock import Clock, Instant

PAGE = 20
"""So many messages are listed at a time: the page stays as light as the others."""
_SENDER = "Limen <limen@localhost>"


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A message in the mailbox. ``id`` is safe in a URL; the message itself keeps out of ``repr``."""

    id: str
    received_at: Instant
    mail: OutgoingMail


class DevelopmentMailbox:
    """A :class:`~limen.integration.messaging.mail.Mailer` that keeps what it is given.

    Never for production: whoever may read it can verify any address. It forgets the oldest message first, and a
    message that comes again (same Message-ID) is kept once, as a mail program would show it.
    """

    def __init__(self, clock: Clock, capacity: int = 200) -> None:
        """Make an empty mailbox for *capacity* messages."""
        self._clock = clock
        self._capacity = capacity
        self._mails: OrderedDict[str, ReceivedMail] = OrderedDict()

    async def send(self, mail: OutgoingMail) -> None:
        """Keep *mail*.

        Raises:
            MailRejected: SMTP would not take it either.
        """
        compose(mail, _SENDER, self._clock.now())
        self._put(mail.message_id.strip("<>").partition("@")[0], mail)

    def keep(self, id: str, to: str, text: str) -> None:  # noqa: A002 - as the messenger calls it
        """Keep a short message to a number beside the mail; its first line stands for the subject it has not."""
        self._put(id, OutgoingMail(to, text.partition("\n")[0], text, "", f"<{id}@sms>"))

    def _put(self, key: str, mail: OutgoingMail) -> None:
        self._mails.setdefault(key, ReceivedMail(key, self._clock.now(), mail))
        while len(self._mails) > self._capacity:
            self._mails.popitem(last=False)

    def list(self) -> tuple[ReceivedMail, ...]:
        """Return every message, the newest first."""
        return tuple(reversed(self._mails.values()))

    def page(self, before: str = "") -> tuple[tuple[ReceivedMail, ...], str]:
        """Return the newest messages that came before the message *before*, and before which the next page begins.

        Where *before* is none of ours, as by default, the newest of all; where there is no next page, its mark is "".
        """
        mails = self.list()
        begin = next((place for place, mail in enumerate(mails, 1) if mail.id == before), 0)
        shown = mails[begin : begin + PAGE]
        return shown, shown[-1].id if begin + PAGE < len(mails) else ""

    def get(self, id: str) -> ReceivedMail | None:  # noqa: A002 - the name pages use
        """Return the message *id*, or None where it is unknown or forgotten."""
        return self._mails.get(id)
