"""A copy to keep of everything that is held of a customer: asked for, made in the background, fetched, and gone.

::

    asked ──(outbox)──> ready, sealed under the customer's key ──> expired: swept
                             └── fetched, behind a fresh proof, as often as wished

It holds one document twice: for machines (JSON) and for people (a page that needs nothing else). It is fetched by a
session that proved lately who it is, and by nothing else: a link or a passphrase in a mail would be as good as the
mailbox. Whoever wants what lies on their disk encrypted names a passphrase when they fetch it (:mod:`locking`).
"""

from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from limen.access.account.unit import Owner
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import DAY, Instant
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId
from limen.kernel.units import AnnouncesEvents, RecordsAudit

_FIELD: Final = "archive"


@dataclass(frozen=True, slots=True)
class Archive:
    """One copy.

    Attributes:
        locale: the language of the page for people.
        ready_at: when it was made; None while it is not.
        sealed: a zip file under the customer's key; read only where it is fetched.
    """

    customer_id: CustomerId
    locale: str
    asked_at: Instant
    expires_at: Instant
    ready_at: Instant | None = None
    sealed: bytes = field(default=b"", repr=False)


class ArchiveStore(Protocol):
    """One tenant's copies inside one transaction."""

    async def find(self, customer_id: CustomerId, now: Instant) -> Archive | None:
        """Return a customer's copy that has not expired, without its content."""
        ...

    async def content(self, customer_id: CustomerId, now: Instant) -> Archive | None:
        """Return a customer's copy that has not expired."""
        ...

    async def ask(self, archive: Archive, now: Instant) -> bool:
        """Store what was asked for, in place of an expired one; False if there is one."""
        ...

    async def finish(self, archive: Archive) -> bool:
        """Store the content of a copy that was asked for; False if it is not waited for any more."""
        ...


class ArchiveUnit(RecordsAudit, AnnouncesEvents, Protocol):
    """A unit of work that reaches copies."""

    @property
    def archives(self) -> ArchiveStore:
        """Return the copies."""
        ...


async def ask(unit: ArchiveUnit, owner: Owner, now: Instant, days: int) -> bool:
    """Ask for a copy that is kept for *days*; False where there is one, made or being made."""
    archive = Archive(owner.customer.id, owner.request.locale, now, now + days * DAY)
    if not await unit.archives.ask(archive, now):
        return False
    unit.record(owner.entry("export.requested"))
    unit.announce(Event("export.requested", owner.customer.id))
    return True


async def finish(unit: ArchiveUnit, archive: Archive, content: bytes, vault: SubjectVault, now: Instant) -> bool:
    """Seal and store what a copy holds; False where it is not waited for any more."""
    sealed = vault.seal(_FIELD, f"{archive.customer_id}:{archive.asked_at}", content)
    if not await unit.archives.finish(replace(archive, sealed=sealed, ready_at=now)):
        return False
    unit.record(AuditEntry("export.ready", subject=archive.customer_id))
    unit.announce(Event("export.ready", archive.customer_id))
    return True


def opened(archive: Archive, vault: SubjectVault) -> bytes:
    """Return the zip file."""
    return vault.unseal(_FIELD, f"{archive.customer_id}:{archive.asked_at}", archive.sealed)
