"""What an account is shown as: where its customer is signed in, what they allowed, and what happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from limen.access.clients.records import ClientDocument
from limen.access.sessions.records import Session, Surroundings
from limen.kernel.clock import Instant
from limen.kernel.ids import ClientKey, CustomerId, GrantId, SessionId

ASKED: Final = "customer"
INACTIVE: Final = "inactive"
"""Why an account is deleted: its customer asked for it, or has not signed in for long."""


@dataclass(frozen=True, slots=True)
class Family:
    """A chain of refresh tokens that is alive: which application holds it, through which session."""

    client: ClientKey
    session_id: SessionId
    created_at: Instant
    used_at: Instant


@dataclass(frozen=True, slots=True)
class Party:
    """An application that the customer allowed something."""

    key: ClientKey
    client_id: str
    document: ClientDocument = field(repr=False)

    @property
    def name(self) -> str:
        """Return what it calls itself."""
        return self.document.client_name


@dataclass(frozen=True, slots=True)
class Device:
    """One session of the customer's, at whichever browser.

    Attributes:
        seen: where it was proven last; empty where nothing is known.
        applications: the names of those that got refresh tokens through it.
    """

    session: Session
    seen: Surroundings = field(repr=False)
    applications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """An application that may do something for the customer.

    Attributes:
        scopes: what it was allowed; nothing where its owner never asks.
        since: when it was allowed first.
        used_at: when it last fetched a token that outlives a session; None where it holds none.
    """

    party: Party
    grant_id: GrantId
    scopes: tuple[str, ...]
    since: Instant
    used_at: Instant | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a customer's history.

    Attributes:
        cursor: where it stands; what is older begins behind it.
        data: the open facts, by name.
        seen: where it was done from; empty where nobody knows.
        client_name: the application it concerns, where it does.
    """

    cursor: str
    at: Instant
    event: str
    is_refused: bool
    data: Mapping[str, object]
    seen: Surroundings = field(repr=False)
    client_name: str = ""


@dataclass(frozen=True, slots=True)
class DeletionRequest:
    """A customer asked for their account to be deleted, or nobody signs in to it any more (*reason*).

    ``link_hash`` is SHA-256 of the token that cancels it.
    """

    customer_id: CustomerId
    link_hash: bytes = field(repr=False)
    created_at: Instant
    due_at: Instant
    reason: str = ASKED


@dataclass(frozen=True, slots=True)
class InactivityNotice:
    """A customer was told that nobody signs in to their account any more."""

    customer_id: CustomerId
    told_at: Instant


@dataclass(frozen=True, slots=True)
class Idle:
    """Since when nobody may have signed in: before the day *seen_before*.

    Of whoever never did, nothing may have changed since the instant *changed_before*.
    """

    seen_before: int
    changed_before: Instant
