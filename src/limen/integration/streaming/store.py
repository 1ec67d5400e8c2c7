"""What destinations and the pump ask of a unit of work."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from limen.identity.audit.destinations import DestinationStore
from limen.identity.audit.store import AuditStore
from limen.kernel.ids import TenantId
from limen.kernel.units import RecordsAudit, TellsCaches


class StreamUnit(RecordsAudit, TellsCaches, Protocol):
    """A unit of work that reaches destinations and the log."""

    @property
    def audit_destinations(self) -> DestinationStore:
        """Return the tenant's destinations."""
        ...

    @property
    def audit_log(self) -> AuditStore:
        """Return the tenant's audit log."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[StreamUnit]]
