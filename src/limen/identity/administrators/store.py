"""What questions about administrators ask of storage."""

from typing import Protocol

from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId


class AdministratorStore(Protocol):
    """One tenant's administrators inside one transaction."""

    async def role(self, customer_id: CustomerId) -> str | None:
        """Return a customer's role, if any."""
        ...

    async def any(self) -> bool:
        """Tell whether the tenant has an administrator."""
        ...

    async def appoint(self, customer_id: CustomerId, role: str, at: Instant) -> None:
        """Give a customer a role."""
        ...

    async def dismiss(self, customer_id: CustomerId) -> bool:
        """Take a customer's role away; False if there was none."""
        ...
