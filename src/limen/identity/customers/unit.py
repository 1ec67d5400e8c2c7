"""What changes customers as administrators do asks of storage and of the layers above."""

from typing import Protocol

from limen.identity.administrators import AdministratorStore
from limen.identity.credentials.store import PasswordStore
from limen.identity.customers.store import CustomerStore, LimitsOf
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.kernel.units import AnnouncesEvents, RecordsAudit, TellsCaches


class EndsSessions(Protocol):
    """What is asked of the sessions, which are ``access``'s."""

    async def end_all(self, customer_id: CustomerId, now: Instant) -> int:
        """End a customer's sessions and revoke their token families; return how many sessions ended."""
        ...

    async def forget_browsers(self, customer_id: CustomerId, now: Instant) -> None:
        """Delete the browsers at which nobody but the customer was signed in, before the customer goes."""
        ...


class CustomerUnit(RecordsAudit, AnnouncesEvents, TellsCaches, Protocol):
    """A unit of work that reaches customers and what hangs on them."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def passwords(self) -> PasswordStore:
        """Return their passwords."""
        ...

    @property
    def processing_limits(self) -> LimitsOf:
        """Return what may not be done with their data."""
        ...

    @property
    def sessions(self) -> EndsSessions:
        """Return their sessions."""
        ...

    @property
    def administrators(self) -> AdministratorStore:
        """Return who of them administers."""
        ...
