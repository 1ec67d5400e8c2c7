"""What a customer is told by mail when their second factor changes or a recovery code is used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from limen.identity.customers.records import Customer
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.events import Event
from limen.kernel.ids import EventId
from limen.kernel.mail import MAIL_FIELD, MailRequest, encode_mail_request
from limen.kernel.units import AnnouncesEvents


class Seals(Protocol):
    """What is asked of the customer's vault."""

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        """Return the envelope."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """One message: which, in which language, from which device (words, may be empty), and where to go if in doubt.

    ``secure_url`` ends everything at once, for whoever says that it was not them; empty where there is no such link.
    """

    template: str
    locale: str
    device: str
    recover_url: str
    secure_url: str = ""


def notice(  # noqa: PLR0913 - a message has these parts
    told: Notice, customer: Customer, vault: Seals, clock: Clock, entropy: Entropy, left: int = 0
) -> Callable[[AnnouncesEvents], None]:
    """Seal a message to every address of the customer's; return what announces it.

    *left*: recovery codes that remain.
    """
    words: dict[str, str | int] = {
        "at": clock.now(), "device": told.device, "recover_url": told.recover_url, "secure_url": told.secure_url,
        "left": left, "zone": customer.profile.zoneinfo,
    }  # fmt: skip
    made: list[tuple[EventId, bytes]] = []
    for address in customer.profile.addresses:
        event_id = EventId.new(clock, entropy)
        order = MailRequest(template=told.template, locale=told.locale, address=address, context=words)
        made.append((event_id, vault.seal(MAIL_FIELD, event_id, encode_mail_request(order))))

    def announce(unit: AnnouncesEvents) -> None:
        for event_id, sealed in made:
            unit.announce(Event("mail.requested", customer.id, {"template": told.template}, sealed), event_id)

    return announce
