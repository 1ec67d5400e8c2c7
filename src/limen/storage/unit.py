"""The unit of work: one tenant's stores over one transaction, and what is to be told when it commits."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import insert

from limen.access.safety.records import AccountLink
from limen.identity.audit.chain import AuditRecord
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import Clock
from limen.kernel.encoding import encode_json
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Fault
from limen.kernel.events import DELIVERED, EVENTS, AuditEntry, Event
from limen.kernel.ids import EventId, TenantId
from limen.storage.dialects import Dialect
from limen.storage.lanes import Extension
from limen.storage.made import Stores
from limen.storage.schema.audit import audit_records, audit_segments
from limen.storage.schema.processes import changes, outbox
from limen.storage.statements import Connection, Statement
from limen.storage.stores.base import columns

_OUTBOX = Statement(insert(outbox), sets=columns(outbox))
_CHANGES = Statement(insert(changes), sets=columns(changes, ("seq",)))
_SEGMENT = Statement(insert(audit_segments), sets=columns(audit_segments))
_MANY = 16
_RECORDS = Statement(insert(audit_records), sets=columns(audit_records))


class Unit(Stores):
    """One transaction of one tenant.

    What is recorded, announced or changed is written in the same commit.
    """

    def __init__(
        self, connection: Connection, tenant_id: TenantId, dialect: Dialect, clock: Clock, entropy: Entropy
    ) -> None:
        """Speak over *connection*."""
        self.tenant_id, self._connection, self._dialect = tenant_id, connection, dialect
        self._clock, self._entropy = clock, entropy
        self.entries: list[AuditEntry] = []
        self.vaults: dict[str, SubjectVault] = {}
        self.events: list[Event] = []
        self.changes: list[tuple[TenantId | None, str, str]] = []
        self._announced: list[tuple[str, Event]] = []
        self._mailed: list[AccountLink] = []

    def record(self, entry: AuditEntry) -> None:
        """Add an audit entry to this commit."""
        self.entries.append(entry)

    def seal_with(self, vault: SubjectVault) -> None:
        """Seal what is recorded about the subject of *vault* with it: the key was asked for in this very request."""
        self.vaults[vault.subject_id] = vault

    def announce(self, event: Event, event_id: str | None = None) -> str:
        """Tell subscribers of an event in this commit; add one on which somebody acts after it to the outbox.

        Returns its identifier there (given where its payload is sealed under it); empty for one that is not there.
        """
        self.events.append(event)
        if event.name not in DELIVERED:
            return ""
        event_id = event_id or EventId.new(self._clock, self._entropy)
        self._announced.append((event_id, event))
        return event_id

    def mail_link(self, link: AccountLink) -> None:
        """Store, with this commit, a link that one of its messages carries."""
        self._mailed.append(link)

    def change(self, kind: str, key: str) -> None:
        """Tell every worker's caches that *key* of *kind* is not what it was."""
        self.changes.append((self.tenant_id, kind, key))

    def must_be_clean(self) -> None:
        """Refuse what a unit cannot keep that only reads, or that may be lost."""
        if self.entries or self.events or self.changes or self._mailed:
            msg = "a unit that keeps no records was asked to record something"
            raise Fault(msg)

    async def write_events(self) -> None:
        """Write the outbox and the change feed."""
        now = self._clock.now()
        for link in self._mailed:
            await self.links.add(link)
        if self._announced:
            await self._connection.execute(
                _OUTBOX, [_outbox_row(self.tenant_id, i, e, now) for i, e in self._announced]
            )
        if self.changes:
            rows = [{"tenant_id": t, "kind": k, "key": key, "at": now} for t, k, key in self.changes]
            await self._connection.execute(_CHANGES, rows)

    async def write_audit(self, extension: Extension, worker: str) -> None:
        """Write chained records, and the segment they open."""
        if extension.opens:
            await self._connection.execute(
                _SEGMENT,
                {
                    "tenant_id": self.tenant_id,
                    "id": extension.head.segment_id,
                    "worker": worker,
                    "opened_at": extension.at,
                },
            )
        rows = [audit_row(record) for record in extension.records]
        if len(rows) < _MANY:
            await self._connection.execute(_RECORDS, rows)
        else:
            await self._connection.insert_rows(_RECORDS, rows)


def _outbox_row(tenant_id: TenantId, event_id: str, event: Event, now: int) -> Mapping[str, Any]:
    """Return the outbox row of a delivered event announced at *now*."""
    return {
        "id": event_id,
        "tenant_id": tenant_id,
        "name": event.name,
        "version": EVENTS[event.name][0],
        "subject": event.subject,
        "data": encode_json(event.data).decode(),
        "sealed": event.sealed,
        "state": "waiting",
        "attempts": 0,
        "not_before": max(event.not_before, now),
        "created_at": now,
        "lease_owner": "",
        "error": "",
    }


def audit_row(record: AuditRecord) -> Mapping[str, Any]:
    """Return the row of a chained record: its fields are the columns."""
    return asdict(record)
