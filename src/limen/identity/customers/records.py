"""A customer as the domain sees one, and as the database does."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from limen.identity.profiles.claims import LET_GO, OPTIONAL
from limen.identity.profiles.records import STANDARD
from limen.identity.profiles.values import stamped
from limen.identity.search.tokens import Searchable
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.kernel.masked import Masked

RESTRICTION, HOLD = "restriction", "hold"
"""What an administrator may put on a customer's data: nothing but storing, nothing deleted (``identity.rights``)."""


class CustomerState(StrEnum):
    """Whether a customer may sign in: ``restricted`` ones to their account, and to no application."""

    ACTIVE = "active"
    RESTRICTED = "restricted"
    DISABLED = "disabled"


class Contact(Masked, msgspec.Struct, frozen=True):
    """One more way to reach a customer, proven: what is not proven yet stands in a journey, and nowhere else.

    Attributes:
        id: what it is called where its value must not stand (a ``ContactId``).
    """

    id: str
    value: str
    verified_at: Instant

    def __repr__(self) -> str:
        """Show nothing personal."""
        return f"Contact({self.id!r})"


class Identity(Masked, msgspec.Struct, frozen=True):
    """Who a customer is elsewhere: the issuer's name, and what it calls them (OpenID Connect Core §5.7).

    Attributes:
        id: what it is called where its values must not stand.
        label: how its owner knows it: the address or name that the issuer showed, for nobody to rely on.
    """

    id: str
    issuer: str
    subject: str
    linked_at: Instant
    label: str = ""

    def __repr__(self) -> str:
        """Show nothing personal."""
        return f"Identity({self.id!r})"


class Address(Masked, msgspec.Struct, frozen=True, omit_defaults=True):
    """A postal address (OpenID Connect Core §5.1.1). ``formatted`` is the whole of it, as it stands on a letter."""

    formatted: str = ""
    street_address: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def __repr__(self) -> str:
        """Show nothing personal."""
        return "Address(…)"


_FOLLOWS = frozenset({"since", "email_since", "updated_at"})
"""Members of a profile that follow from others."""


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """Personal data, in the terms of OpenID Connect Core §5.1. Sealed as one value.

    ``email`` is the primary address; ``emails`` are others of the customer's, of which each is proven. ``email_since``
    tells since when the primary one is theirs; 0 for ever. ``phones`` are proven numbers, the primary one first;
    ``identities`` are who the customer is with other issuers.
    ``attributes`` are what the tenant's profile schema knows beyond that (``identity.profiles``); ``since`` tells when
    each of them, of the rarer claims, and of names that have an end, was last said. ``updated_at`` is when any of this
    last changed; 0 where that was before it was kept.
    """

    email: str = ""
    email_verified: bool = False
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    locale: str = ""
    zoneinfo: str = ""
    attributes: dict[str, Any] = {}
    since: dict[str, Instant] = {}
    emails: tuple[Contact, ...] = ()
    email_since: Instant = 0
    username: str = ""
    phones: tuple[Contact, ...] = ()
    identities: tuple[Identity, ...] = ()
    middle_name: str = ""
    nickname: str = ""
    profile: str = ""
    picture: str = ""
    website: str = ""
    gender: str = ""
    birthdate: str = ""
    address: Address | None = None
    updated_at: Instant = 0

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return every e-mail address, the primary one first."""
        return (self.email, *(one.value for one in self.emails))

    @property
    def called(self) -> tuple[str, ...]:
        """Return what a guesser would know of the customer, of which no password is made: addresses and names."""
        names = (self.name, self.given_name, self.middle_name, self.family_name, self.nickname, self.username)
        return (self.email, *names, *(one.value for one in self.emails))

    @property
    def said(self) -> dict[str, Any]:
        """Return what is dated from when it was said: attributes, and the rarer claims. No name is both."""
        claims = {name: value for name in OPTIONAL if (value := getattr(self, name))}
        return claims | self.attributes

    def dated(self, names: Collection[str]) -> dict[str, Any]:
        """Return the same, and those of *names* that are said: these are dated where they have an end."""
        return {name: value for name in STANDARD if name in names and (value := getattr(self, name))} | self.said

    def without(self, names: Collection[str]) -> "Profile":
        """Return the profile without those attributes and claims."""
        if not names:
            return self
        attributes = {name: value for name, value in self.attributes.items() if name not in names}
        gone = {name: None if name == "address" else "" for name in LET_GO if name in names}
        return replace(self, attributes=attributes, **gone)

    def hiding(self, names: Collection[str]) -> "Profile":
        """Return the profile for whoever must not see these claims."""
        return replace(self, **{name: getattr(Profile(), name) for name in names}) if names else self

    def changed_from(self, before: "Profile") -> list[str]:
        """Return the names of what is said otherwise than *before*."""
        old, new = msgspec.structs.asdict(before), msgspec.structs.asdict(self)
        return sorted(name for name, value in new.items() if name not in _FOLLOWS and value != old[name])


class Customer(msgspec.Struct, frozen=True):
    """One customer, unsealed.

    Attributes:
        subject: what relying parties see as ``sub``: random, so that it tells nothing (unlike ``id``).
        valid_after: sessions, grants and tokens that began before this instant are void; one write ends everything.
        proof_after: what a journey proved before this instant counts no more: a password was changed meanwhile.
        version: counts changes, for optimistic locking.
        seen_on: the day of the last sign-in, since 1970 in UTC; None before the first. It is no change of a customer.
    """

    id: CustomerId
    subject: str
    profile: Profile
    created_at: Instant
    updated_at: Instant
    state: CustomerState = CustomerState.ACTIVE
    valid_after: Instant = 0
    version: int = 1
    proof_after: Instant = 0
    seen_on: int | None = None

    @property
    def said_at(self) -> Instant:
        """Return when the profile last changed; at the latest, where that is not known."""
        return self.profile.updated_at or self.updated_at

    @property
    def is_active(self) -> bool:
        """Tell whether this customer may be told to applications."""
        return self.state is CustomerState.ACTIVE

    @property
    def may_sign_in(self) -> bool:
        """Tell whether this customer may sign in, be it to their account alone."""
        return self.state is not CustomerState.DISABLED

    def with_profile(self, profile: Profile, now: Instant) -> "Customer":
        """Return the customer with another profile, one version on."""
        before = self.profile
        since = stamped(before.dated(before.since), before.since, profile.dated(before.since), now)
        profile = replace(profile, since=since, updated_at=now)
        return replace(self, profile=profile, updated_at=now, version=self.version + 1)

    def with_other_password(self, now: Instant) -> "Customer":
        """Return the customer for whom nothing counts that a journey proved before *now*; sessions stay."""
        return replace(self, proof_after=now, updated_at=now, version=self.version + 1)

    def disabled(self, now: Instant) -> "Customer":
        """Return the customer barred from signing in, with everything begun before *now* void."""
        return replace(self, state=CustomerState.DISABLED, valid_after=now, updated_at=now, version=self.version + 1)

    def enabled(self, now: Instant, state: CustomerState = CustomerState.ACTIVE) -> "Customer":
        """Return the customer allowed to sign in again."""
        return replace(self, state=state, updated_at=now, version=self.version + 1)

    def signed_out_everywhere(self, now: Instant) -> "Customer":
        """Return the customer with every session, grant and token begun before *now* void."""
        return replace(self, valid_after=now, updated_at=now, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class SealedCustomer:
    """A customer as stored: ``sealed_profile`` is an envelope under the customer's own key.

    ``searchable`` comes with what was just sealed, for the search indexes that are written with it.
    """

    id: CustomerId
    subject: str
    sealed_profile: bytes
    created_at: Instant
    updated_at: Instant
    state: CustomerState
    valid_after: Instant
    version: int
    proof_after: Instant = 0
    seen_on: int | None = None
    searchable: Searchable | None = field(default=None, repr=False, compare=False)

    @property
    def is_active(self) -> bool:
        """Tell whether this customer may be told to applications."""
        return self.state == CustomerState.ACTIVE  # as stored, it may be its text

    @property
    def may_sign_in(self) -> bool:
        """Tell whether this customer may sign in, be it to their account alone."""
        return self.state != CustomerState.DISABLED


@dataclass(frozen=True, slots=True)
class ContactIndex:
    """One row of the narrow look-up table: a keyed blind index of an address points at its customer.

    ``index_version`` and ``normalisation`` say how ``blind`` was made, so that keys and rules can change. An address
    with ``held_until`` is one that its customer has left: it finds nobody, and is nobody else's until then.
    """

    kind: str
    blind: bytes
    index_version: int
    normalisation: str
    customer_id: CustomerId
    verified_at: Instant
    held_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a customer is open to see: its state, and when it was made, from one instant until before another."""

    state: CustomerState | None = None
    created_from: Instant = 0
    created_before: Instant = (1 << 63) - 1

    @property
    def is_open(self) -> bool:
        """Tell whether everybody passes."""
        return self == Filter()

    def passes(self, customer: SealedCustomer) -> bool:
        """Tell whether *customer* is what is asked for."""
        is_state = self.state is None or customer.state == self.state
        return is_state and self.created_from <= customer.created_at < self.created_before
