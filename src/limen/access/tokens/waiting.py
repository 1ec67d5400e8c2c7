"""Requests that are answered on another device: how they are stored, and what polling for them says.

The device grant (RFC 8628) and CIBA wait in one table. Once a person has allowed such a request, what the client holds
(``device_code``, ``auth_req_id``) is stored as an authorization code too, with an empty challenge that no verifier
fits, so that it is redeemed by the very step that redeems codes: once, whoever races.

    pending ──allow──▶ approved   and a code with the same hash, to be redeemed
       └─────deny───▶ denied
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from limen.identity.customers.store import CustomerStore
from limen.kernel.clock import SECOND, Instant
from limen.kernel.ids import ClientKey, CustomerId, FamilyId, WaitingId
from limen.kernel.units import AnnouncesEvents, RecordsAudit

INTERVAL: Final = 5
"""Seconds between two polls unless told otherwise (RFC 8628 §3.2)."""
SLOWER: Final = 5
"""Seconds that an interval grows by where a client polls too fast (RFC 8628 §3.5)."""
SLOWEST: Final = 60


class WaitingKind(StrEnum):
    """Which grant waits; the value is the grant type, and stands for the redirect URI that there is none of."""

    DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
    BACKCHANNEL = "urn:openid:params:grant-type:ciba"


class WaitingState(StrEnum):
    """What the person has said so far."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A request as stored.

    Attributes:
        code_hash: SHA-256 of what the client polls with.
        user_hash: a blind index of the code that the person types; None where none is typed.
        customer_id: whom the client asks for (CIBA); None for whoever has the code, and where a hint fits nobody.
        interval: seconds between two polls.
        sealed: what was asked, and from where, sealed under the tenant's key.
    """

    id: WaitingId
    kind: WaitingKind
    code_hash: bytes
    user_hash: bytes | None
    client: ClientKey
    customer_id: CustomerId | None
    sealed: bytes = field(repr=False)
    created_at: Instant = 0
    expires_at: Instant = 0
    interval: int = INTERVAL
    state: WaitingState = WaitingState.PENDING


class Poll(msgspec.Struct, frozen=True, gc=False):
    """What a poll finds. ``polled_at`` is the poll before this one; 0 for none."""

    kind: WaitingKind
    client: ClientKey
    state: WaitingState
    interval: int
    polled_at: Instant
    expires_at: Instant

    def is_early(self, now: Instant) -> bool:
        """Tell whether the client should have waited longer."""
        return self.polled_at > 0 and now - self.polled_at < self.interval * SECOND


class WaitingStore(Protocol):
    """One tenant's waiting requests inside one transaction."""

    async def add(self, request: WaitingRequest) -> bool:
        """Store a request; False if its user code is taken."""
        ...

    async def get(self, request_id: WaitingId) -> WaitingRequest | None:
        """Return the request."""
        ...

    async def find_user_code(self, user_hash: bytes) -> WaitingRequest | None:
        """Return the request whose user code has this blind index."""
        ...

    async def of_customer(self, customer_id: CustomerId, now: Instant) -> list[WaitingRequest]:
        """Return what waits for a customer's answer, oldest first."""
        ...

    async def claim(self, request: WaitingRequest, sealed: bytes, now: Instant) -> bool:
        """Keep *sealed* with a request that waits, unless something else was kept since *request* was read."""
        ...

    async def answer(self, request_id: WaitingId, state: WaitingState, now: Instant) -> bool:
        """Answer a request that is pending and not expired; False for any other."""
        ...


class FamilyStore(Protocol):
    """One tenant's token families inside one transaction."""

    async def of_session(self, sid: str, client_id: str, now: Instant) -> FamilyId | None:
        """Return the newest family that a client has of a session, while both are live."""
        ...


class WaitingUnit(RecordsAudit, AnnouncesEvents, Protocol):
    """A unit of work of the token desk: what the hot doors do seldom."""

    @property
    def waiting(self) -> WaitingStore:
        """Return the waiting requests."""
        ...

    @property
    def families(self) -> FamilyStore:
        """Return the token families."""
        ...

    @property
    def customers(self) -> CustomerStore:
        """Return the customers."""
        ...


BeginWaiting = Callable[[], AbstractAsyncContextManager[WaitingUnit]]
"""Opens a transaction of the desk's tenant."""
