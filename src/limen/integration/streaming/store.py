"""What destinations and the pump ask of a unit of work."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from limen.identity.audit.destinations import DestinationStore
from limen.identity.audit.store import AuditStore
from limen.kernel.events import AuditEntry
from limen.kernel.ids import TenantId


class StreamUnit(Protocol):
    """A unit of work that reaches destinations and the log."""

    @property
    def audit_destinations(self) -> DestinationStore:
        """Return the tenant's destinations."""
        ...

    @property
    def audit_log(self) -> AuditStore:
        """Return the tenant's audit log."""
        ...

    def record(self, entry: AuditEntry) -> None:
        """Add an audit entry to this commit."""
        ...

    def change(self, kind: str, key: str) -> None:
        """Tell the caches."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[StreamUnit]]
