"""Notices by short message: of a recovery to every number of the customer's, and to a number that is left behind.

A notice by short message carries no link: it says to look at the account. Each number of a customer's gets few a day,
and the customer a few times as many, counted like every message that costs money: what goes to one number takes nothing
from another, or the last warning of a recovery would reach none. It does not count as a code, since nobody types it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from limen.access.factors.phone import open_phone, phone_of
from limen.access.factors.records import StoredFactor
from limen.access.safety.messages import Reader
from limen.identity.customers.numbers import MOST_PHONES
from limen.identity.customers.phones import parse_phone
from limen.kernel.clock import DAY, Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Refusal
from limen.kernel.events import Event
from limen.kernel.ids import CustomerId, EventId
from limen.kernel.sms import SMS_FIELD, SmsRequest, encode_sms_request
from limen.kernel.units import AnnouncesEvents
from limen.trust.limits import Limit
from limen.trust.tolls.records import Toll
from limen.trust.tolls.store import TollStore

_A_DAY: Final = 3
_A_DAY_IN_ALL: Final = _A_DAY * (MOST_PHONES + 1)
"""To every number that names the customer, and the phone that codes go to."""
_NOTICE: Final = "notice-number"
_SECONDS: Final = 86_400


class TextUnit(AnnouncesEvents, Protocol):
    """What is asked of a unit of work."""

    @property
    def tolls(self) -> TollStore:
        """Return the counters of what costs money."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A short message that is sealed and may be sent; ``to`` is a keyed hash of whose number it goes to."""

    customer_id: CustomerId
    to: bytes
    event_id: EventId
    event: Event


def text_for(
    reader: Reader, factors: Sequence[StoredFactor], template: str, clock: Clock, entropy: Entropy
) -> Text | None:
    """Return the message *template* for the reader's phone; None without one, or where its country is not served."""
    factor = phone_of(factors)
    phone = open_phone(reader.vault, factor) if factor is not None else None
    return _text(reader, phone.number, phone.country, template, clock, entropy) if phone is not None else None


def texts_for(
    reader: Reader, factors: Sequence[StoredFactor], template: str, clock: Clock, entropy: Entropy
) -> tuple[Text, ...]:
    """Return the message *template* for the phone that codes are sent to, and for every number that was proven.

    A number that only names its customer lets nobody in (ADR 0035), and is all the better a witness.
    """
    factor = phone_of(factors)
    phone = open_phone(reader.vault, factor) if factor is not None else None
    numbers = [*([phone.number] if phone is not None else []), *(one.value for one in reader.customer.profile.phones)]
    texts = (text_to(reader, number, template, clock, entropy) for number in dict.fromkeys(numbers))
    return tuple(text for text in texts if text is not None)


def text_to(reader: Reader, e164: str, template: str, clock: Clock, entropy: Entropy) -> Text | None:
    """Return the message *template* for a number of the reader's; None where its country is not served."""
    number = parse_phone(e164, "")
    return None if isinstance(number, Refusal) else _text(reader, e164, number.country, template, clock, entropy)


def _text(  # noqa: PLR0913 - a message has these parts
    reader: Reader, number: str, country: str, template: str, clock: Clock, entropy: Entropy
) -> Text | None:
    if country not in reader.tenant.settings.sms.countries:
        return None
    event_id = EventId.new(clock, entropy)
    order = SmsRequest(
        template=template,
        locale=reader.locale,
        number=number,
        country=country,
        code="",
        host="",
        expires_at=clock.now() + DAY,
    )
    sealed = reader.vault.seal(SMS_FIELD, event_id, encode_sms_request(order))
    customer_id = reader.customer.id
    to = reader.vault.tenant.blind(_NOTICE, f"{customer_id} {number}")  # no index of numbers: it links nobody
    return Text(customer_id, to, event_id, Event("sms.requested", customer_id, {"template": template}, sealed))


async def send(unit: TextUnit, text: Text | None, now: Instant) -> bool:
    """Order *text*, unless its number, or its customer, has had enough today."""
    if text is None:
        return False
    number = Toll(_NOTICE, text.to, Limit(_A_DAY, _SECONDS))
    customer = Toll("notice-customer", text.customer_id.encode(), Limit(_A_DAY_IN_ALL, _SECONDS))
    if not await unit.tolls.take(number, now) or not await unit.tolls.take(customer, now):
        return False
    unit.announce(text.event, text.event_id)
    return True
