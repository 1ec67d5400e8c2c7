"""What is counted, and what is ordered."""

from dataclasses import dataclass, field

from limen.identity.customers.phones import PhoneNumber
from limen.trust.limits import Limit


@dataclass(frozen=True, slots=True)
class Toll:
    """One counter: ``kind`` says what is counted, ``key`` (a keyed hash, or a country) of what, ``limit`` how many.

    A window slides by weighting, as rate limits do: what the window before holds counts for the share of it that still
    overlaps.
    """

    kind: str
    key: bytes
    limit: Limit


@dataclass(frozen=True, slots=True)
class Order:
    """A message that is to be sent: to which number, for which customer, asked for from which address."""

    number: PhoneNumber
    customer_id: str
    address: str = field(repr=False)
