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
    """A message that is to be sent: to which number, for which customer, asked for from which address.

    The address is empty where an application's own server asks: all of its customers are behind it, so each counts in
    its place.
    """

    number: PhoneNumber
    customer_id: str
    address: str = field(repr=False)
