"""The unit of work of this package, and what it is made of for one tenant."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from limen.access.factors.store import FactorStore
from limen.access.safety.messages import Tells
from limen.access.safety.store import DeviceStore, LeavingStore, LinkStore, RecoveryStore
from limen.access.sessions.store import SessionStore
from limen.identity.credentials.store import PasswordStore
from limen.identity.customers.directory import Directory
from limen.identity.customers.store import CustomerStore
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import DAY, Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.ids import TenantId
from limen.kernel.units import AnnouncesEvents, RecordsAudit, TellsCaches
from limen.trust.tolls.store import TollStore


class RecoveryUnit(RecordsAudit, Tells, Protocol):
    """A unit of work that reaches recovery requests and tells of them."""

    @property
    def recoveries(self) -> RecoveryStore:
        """Return their recovery requests."""
        ...

    @property
    def tolls(self) -> TollStore:
        """Return the counters of what costs money."""
        ...


class DeviceUnit(RecordsAudit, AnnouncesEvents, Protocol):
    """A unit of work that reaches trusted devices."""

    @property
    def devices(self) -> DeviceStore:
        """Return the devices they trust."""
        ...


class SafetyUnit(RecoveryUnit, DeviceUnit, TellsCaches, Protocol):
    """A unit of work that reaches everything an account rests on."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def account(self) -> LeavingStore:
        """Return who asked to be deleted."""
        ...

    @property
    def passwords(self) -> PasswordStore:
        """Return their passwords."""
        ...

    @property
    def factors(self) -> FactorStore:
        """Return their second factors."""
        ...

    @property
    def sessions(self) -> SessionStore:
        """Return their sessions."""
        ...

    @property
    def links(self) -> LinkStore:
        """Return the links in their notices."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[SafetyUnit]]


class Making(Protocol):
    """What a message is made with."""

    @property
    def clock(self) -> Clock:
        """Return the clock."""
        ...

    @property
    def entropy(self) -> Entropy:
        """Return chance."""
        ...


@dataclass(frozen=True, slots=True)
class SafetyParts:
    """What the use cases of this package need. ``begin`` writes; ``reading`` only reads.

    ``texts``: whether there is anybody who carries short messages.
    """

    tenant: Tenant
    begin: Begin
    reading: Begin
    directory: Directory
    clock: Clock
    entropy: Entropy
    texts: bool = False

    @property
    def base(self) -> str:
        """Return where the tenant's pages begin."""
        return self.tenant.issuer.rstrip("/")

    def since(self, now: Instant) -> Instant:
        """Return from when on changes can still be undone."""
        return now - self.tenant.settings.recovery.undo_days * DAY
