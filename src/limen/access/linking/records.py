"""What another issuer says of somebody, and what follows."""

from dataclasses import dataclass, field
from enum import StrEnum

from limen.identity.customers.records import Customer


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an issuer said, its signature verified.

    Attributes:
        email: the address it names, normalised; empty for none.
        email_verified: the issuer says that it has verified it, and is one that may: the connector decides which
            issuers speak for which addresses. Where it does not, this is False whatever the issuer says.
        label: how the customer knows this identity again: the address or name that the issuer shows.
    """

    issuer: str
    subject: str = field(repr=False)
    email: str = field(default="", repr=False)
    email_verified: bool = False
    label: str = field(default="", repr=False)


class Way(StrEnum):
    """What follows from an assertion."""

    KNOWN = "known"
    NEW = "new"
    SIGN_IN = "sign_in"
    RECLAIM = "reclaim"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Met:
    """What follows, and whose account it is about, if it is about one."""

    way: Way
    customer: Customer | None = field(default=None, repr=False)
