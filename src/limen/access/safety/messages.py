"""What a customer is told, on every channel there is, and the links that such messages carry.

A link's token is 24 random bytes, stored as its SHA-256, and good once. GET shows what it does, POST does it: mail
scanners fetch links.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from limen.access.safety.records import AccountLink, LinkContent, LinkKind, Sealer, seal_link
from limen.identity.customers.records import Customer
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import DAY, Clock
from limen.kernel.encoding import link_hash
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.events import Event
from limen.kernel.ids import EventId
from limen.kernel.mail import MAIL_FIELD, MailRequest, encode_mail_request
from limen.kernel.units import AnnouncesEvents

_TOKEN_BYTES = 24
Words = dict[str, str | int]


class Tells(AnnouncesEvents, Protocol):
    """What is asked of a unit of work."""

    def mail_link(self, link: AccountLink) -> None:
        """Store, with this commit, a link that one of its messages carries."""
        ...


Tell = Callable[[Tells], None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told: a customer with their vault, in which language, and where their tenant's pages begin."""

    customer: Customer
    vault: Sealer = field(repr=False)
    locale: str
    tenant: Tenant

    @property
    def base(self) -> str:
        """Return where the tenant's pages begin."""
        return self.tenant.issuer.rstrip("/")


@dataclass(frozen=True, slots=True)
class Link:
    """A link to go with a message: its row, and its address."""

    row: AccountLink
    url: str = field(repr=False)


def new_link(  # noqa: PLR0913 - a link has these parts
    reader: Reader,
    kind: LinkKind,
    about: str,
    clock: Clock,
    entropy: Entropy,
    *,
    days: int,
    target: str = "",
    address: str = "",
    phone: str = "",
) -> Link:
    """Return a fresh link of *kind*, for *days*, to go with the notice *about*.

    Used, it leads the account back to *address*: the reader's primary one, unless told; and to the number *phone*.
    """
    token, now = random_token(entropy, _TOKEN_BYTES), clock.now()
    hashed = link_hash(token)
    sealed = seal_link(reader.vault, hashed, LinkContent(address or reader.customer.profile.email, about, phone))
    row = AccountLink(hashed, reader.customer.id, kind, target, sealed, now, now + days * DAY)
    return Link(row, f"{reader.base}/secure/{token}")


def secure_link(reader: Reader, about: str, clock: Clock, entropy: Entropy, *, phone: str = "") -> Link | None:
    """Return the link *it was not me* for the notice *about*; None where the tenant undoes nothing.

    Used, it brings the number *phone* back.
    """
    days = reader.tenant.settings.recovery.undo_days
    return new_link(reader, LinkKind.SECURE, about, clock, entropy, days=days, phone=phone) if days else None


def messages(  # noqa: PLR0913 - a message has these parts
    reader: Reader,
    template: str,
    words: Words,
    entropy_and_clock: tuple[Entropy, Clock],
    links: Iterable[Link] = (),
    to: Sequence[str] = (),
) -> Tell:
    """Seal the message *template* to every address of the reader's, or to these.

    Return what announces it and stores *links*.
    """
    entropy, clock = entropy_and_clock
    addresses = to or reader.customer.profile.addresses
    sent = [mail_to(reader, address, template, words, EventId.new(clock, entropy)) for address in addresses]
    rows = [link.row for link in links]

    def tell(unit: Tells) -> None:
        for row in rows:
            unit.mail_link(row)
        for announce in sent:
            announce(unit)

    return tell


def mail_to(reader: Reader, address: str, template: str, words: Words, event_id: EventId) -> Tell:
    """Seal a mail to *address* under the reader's key; return what announces it."""
    words = {"zone": reader.customer.profile.zoneinfo, **words}
    order = MailRequest(template=template, locale=reader.locale, address=address, context=words)
    sealed = reader.vault.seal(MAIL_FIELD, event_id, encode_mail_request(order))

    def tell(unit: Tells) -> None:
        unit.announce(Event("mail.requested", reader.customer.id, {"template": template}, sealed), event_id)

    return tell
