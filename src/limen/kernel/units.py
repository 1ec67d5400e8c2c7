"""What most units of work can be told, each a role that a protocol of a feature takes on.

What is told is part of the unit's commit, or of nothing.
"""

from typing import Protocol

from limen.kernel.events import AuditEntry, Event


class RecordsAudit(Protocol):
    """Writes the audit log."""

    def record(self, entry: AuditEntry) -> None:
        """Add an audit entry to this commit."""
        ...


class AnnouncesEvents(Protocol):
    """Tells subscribers, and fills the outbox."""

    def announce(self, event: Event, event_id: str | None = None) -> str:
        """Announce an event in this commit; return its identifier in the outbox, if it is delivered.

        It is given where the event's payload is sealed under it.
        """
        ...


class TellsCaches(Protocol):
    """Writes the change feed."""

    def change(self, kind: str, key: str) -> None:
        """Tell every process's caches."""
        ...
