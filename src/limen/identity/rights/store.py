"""What privacy rights ask of storage."""

from typing import Protocol

from limen.identity.administrators import AdministratorStore
from limen.identity.customers.store import CustomerStore
from limen.identity.rights.records import Limit, LimitKind, PrivacyRequest, PrivacyRequestId, RequestKind
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.kernel.units import AnnouncesEvents, RecordsAudit, TellsCaches


class RequestStore(Protocol):
    """One tenant's requests inside one transaction."""

    async def add(self, request: PrivacyRequest) -> bool:
        """Store a request; False if the customer has an open one of the kind."""
        ...

    async def get(self, request_id: PrivacyRequestId) -> PrivacyRequest | None:
        """Return a request."""
        ...

    async def open_of(self, customer_id: CustomerId, kind: RequestKind) -> PrivacyRequest | None:
        """Return the customer's open request of this kind."""
        ...

    async def of_customer(self, customer_id: CustomerId) -> list[PrivacyRequest]:
        """Return a customer's requests, newest first, at most a hundred."""
        ...

    async def board(
        self, *, is_open: bool, after: tuple[Instant, str], limit: int, kind: RequestKind | None = None
    ) -> list[PrivacyRequest]:
        """Return up to *limit* requests behind *after* (deadline, identifier), by deadline; all, or one *kind*."""
        ...

    async def update(self, request: PrivacyRequest, expected: int) -> bool:
        """Replace a request if the stored version is still *expected*."""
        ...

    async def due(self, until: Instant, limit: int) -> list[PrivacyRequest]:
        """Return open requests due by *until* that nobody was warned of."""
        ...

    async def overdue(self, now: Instant) -> int:
        """Return how many open requests are late."""
        ...


class LimitStore(Protocol):
    """One tenant's limits inside one transaction."""

    async def of_customer(self, customer_id: CustomerId) -> list[Limit]:
        """Return the limits that hold for a customer."""
        ...

    async def kinds(self, customer_id: CustomerId) -> frozenset[str]:
        """Return which limits hold for a customer."""
        ...

    async def put(self, limit: Limit) -> bool:
        """Set a limit; False if it is set."""
        ...

    async def lift(self, customer_id: CustomerId, kind: LimitKind) -> bool:
        """Lift a limit; False if there is none."""
        ...


class EndsSessions(Protocol):
    """What a restriction needs of sessions."""

    async def end_all(self, customer_id: CustomerId, now: Instant) -> int:
        """End every session of a customer; return how many there were."""
        ...


class RightsUnit(RecordsAudit, AnnouncesEvents, TellsCaches, Protocol):
    """A unit of work that reaches requests and limits."""

    @property
    def privacy_requests(self) -> RequestStore:
        """Return the requests."""
        ...

    @property
    def processing_limits(self) -> LimitStore:
        """Return the limits."""
        ...

    @property
    def customers(self) -> CustomerStore:
        """Return the customers."""
        ...

    @property
    def administrators(self) -> AdministratorStore:
        """Return who of them administers."""
        ...

    @property
    def sessions(self) -> EndsSessions:
        """Return their sessions."""
        ...
