"""What tokens ask of storage: a hot side of single atomic steps and an everyday side inside a transaction."""

from collections.abc import Sequence
from typing import Protocol

from limen.access.tokens.pushed import PushedRequest
from limen.access.tokens.records import (
    AuthorizationCode,
    FamilyView,
    Grant,
    RedeemCode,
    RedeemedCode,
    Revocations,
    RotatedToken,
    RotateToken,
    Use,
)
from limen.access.tokens.waiting import Poll
from limen.identity.customers.records import SealedCustomer
from limen.kernel.clock import Instant
from limen.kernel.events import AuditEntry
from limen.kernel.ids import ClientKey, CustomerId, FamilyId, GrantId


class UsedBefore(Exception):
    """What may be used once came again, and nothing was done: no fault, but a request's end wherever it has got to.

    Raised by :class:`GuardedTokens`, so that no grant can overlook it; caught by the door.
    """


class HotTokens(Protocol):
    """One tenant's hot doors. Each write is one atomic step whose audit record and events share its commit.

    Every method returns only after the commit. Operations of many requests may share one (the *write group*).
    """

    async def record(self, entry: AuditEntry) -> None:
        """Append an audit record, durably."""
        ...

    async def redeem_code(self, step: RedeemCode) -> RedeemedCode:
        """Redeem a code once; presenting it again revokes the family it made."""
        ...

    async def rotate(self, step: RotateToken) -> RotatedToken:
        """Exchange a refresh token for its successor.

        Anything but the current one or a prompt retry revokes the family.
        """
        ...

    async def revoke_family(self, family_id: FamilyId, client: ClientKey, entry: AuditEntry) -> bool:
        """Revoke a client's family; False if it is not this client's or was revoked already."""
        ...

    async def revoke_token(self, token_id: str, expires_at: Instant, entry: AuditEntry) -> None:
        """Revoke one access token by its ``jti``; kept until *expires_at*."""
        ...

    async def push(self, request: PushedRequest, entry: AuditEntry) -> None:
        """Keep a pushed authorization request (RFC 9126 §2)."""
        ...

    async def poll(self, code_hash: bytes, now: Instant) -> Poll | None:
        """Return what a poll for an answer from another device finds, and remember that it was."""
        ...

    async def slow_down(self, code_hash: bytes) -> None:
        """Lengthen the interval of a request that is polled too fast."""
        ...

    async def customer(self, subject: str) -> SealedCustomer | None:
        """Return the customer whose public ``sub`` this is."""
        ...

    async def family(self, family_id: FamilyId) -> FamilyView | None:
        """Return what a family holds."""
        ...

    def guarded(self, uses: Sequence[Use]) -> "GuardedTokens":
        """Return the same doors, whose first write also spends *uses*: in one commit, all of it or nothing."""
        ...

    async def revocations(self, since: Instant) -> Revocations:
        """Return all that was revoked since an instant."""
        ...

    async def is_revoked(self, token_id: str, family_id: str, subject: str, issued_at: Instant) -> bool:
        """Ask the database, not a cache, whether an access token was revoked in any way."""
        ...


class GuardedTokens(HotTokens, Protocol):
    """Hot doors for one request that carries what may be used once. Whatever writes first raises ``UsedBefore``."""

    async def spend(self) -> None:
        """Spend what is not spent yet.

        Raises:
            UsedBefore: one of them was used before.
        """
        ...


class GrantStore(Protocol):
    """One tenant's grants and codes inside one transaction."""

    async def find(self, customer_id: CustomerId, client: ClientKey) -> Grant | None:
        """Return what the customer allows the client, if anything."""
        ...

    async def of_customer(self, customer_id: CustomerId) -> list[Grant]:
        """Return all that the customer allows, oldest first."""
        ...

    async def save(self, grant: Grant) -> Grant:
        """Store or widen the grant of its (customer, client); return what is stored."""
        ...

    async def add_code(self, code: AuthorizationCode) -> None:
        """Store a code."""
        ...

    async def end(self, grant_id: GrantId, now: Instant) -> bool:
        """End a grant and revoke its families; False if there was none."""
        ...
