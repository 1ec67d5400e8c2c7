"""The unit of work of this package, who acts in it, and what it is made of for one tenant."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from limen.access.account.store import AccountStore
from limen.access.factors.store import FactorStore
from limen.access.safety.messages import Tells
from limen.access.safety.store import DeviceStore, LinkStore
from limen.access.safety.texts import TextUnit
from limen.access.sessions.store import SessionStore
from limen.access.tokens.desk import Desk
from limen.access.tokens.store import GrantStore
from limen.identity.audit.store import AuditStore
from limen.identity.consents.store import ConsentLedger
from limen.identity.credentials.store import PasswordStore
from limen.identity.customers.directory import Directory
from limen.identity.customers.records import Customer
from limen.identity.customers.store import CustomerStore
from limen.identity.keyring import SubjectVault
from limen.identity.preferences.choose import PreferenceStore
from limen.identity.rights.store import LimitStore, RequestStore
from limen.kernel.clock import Clock
from limen.kernel.context import RequestContext
from limen.kernel.entropy import Entropy
from limen.kernel.events import AuditEntry, Outcome
from limen.kernel.ids import TenantId
from limen.kernel.units import RecordsAudit, TellsCaches
from limen.trust.risk.store import RiskStore
from limen.trust.tolls.store import TollStore


class AsksDeletion(RecordsAudit, Tells, Protocol):
    """What a request to be deleted needs of a unit of work."""

    @property
    def account(self) -> AccountStore:
        """Return what hangs on customers' accounts."""
        ...


class ChangesContacts(RecordsAudit, Tells, TextUnit, Protocol):
    """What a change of a customer's addresses needs of a unit of work."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...


class AccountUnit(RecordsAudit, Tells, TellsCaches, Protocol):
    """A unit of work that reaches all that an account is made of."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def processing_limits(self) -> LimitStore:
        """Return what may not be done with their data."""
        ...

    @property
    def privacy_requests(self) -> RequestStore:
        """Return what they asked for by right."""
        ...

    @property
    def preferences(self) -> PreferenceStore:
        """Return how they want to be written to."""
        ...

    @property
    def devices(self) -> DeviceStore:
        """Return the devices that they trust."""
        ...

    @property
    def links(self) -> LinkStore:
        """Return the links in their notices."""
        ...

    @property
    def risk(self) -> RiskStore:
        """Return what they showed at sign-ins."""
        ...

    @property
    def passwords(self) -> PasswordStore:
        """Return their passwords."""
        ...

    @property
    def factors(self) -> FactorStore:
        """Return their factors."""
        ...

    @property
    def tolls(self) -> TollStore:
        """Return the counters of what costs money."""
        ...

    @property
    def sessions(self) -> SessionStore:
        """Return their sessions."""
        ...

    @property
    def grants(self) -> GrantStore:
        """Return what they allow applications."""
        ...

    @property
    def consents(self) -> ConsentLedger:
        """Return what they decided."""
        ...

    @property
    def account(self) -> AccountStore:
        """Return what hangs on their accounts."""
        ...

    @property
    def audit_log(self) -> AuditStore:
        """Return the audit log."""
        ...

    def seal_with(self, vault: SubjectVault) -> None:
        """Seal what is recorded about the subject of *vault* with it."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[AccountUnit]]


@dataclass(frozen=True, slots=True)
class AccountParts:
    """What the use cases of this package need.

    ``begin`` writes; ``reading`` only reads. ``texts``: whether there is anybody who carries short messages.
    """

    desk: Desk
    begin: Begin
    reading: Begin
    directory: Directory
    clock: Clock
    entropy: Entropy
    texts: bool = False

    @property
    def tenant_id(self) -> TenantId:
        """Return whose customers these are."""
        return self.desk.tenant.id


@dataclass(frozen=True, slots=True)
class Owner:
    """A customer who acts on their own account.

    Attributes:
        sid: the session that they act in, by its public identifier.
        client: the application through which they act, by its ``client_id``; empty on our own pages.
    """

    customer: Customer
    vault: SubjectVault = field(repr=False)
    sid: str
    request: RequestContext = field(repr=False)
    client: str = ""

    def entry(self, event: str, data: dict[str, object] | None = None, *, client: str = "") -> AuditEntry:
        """Return the audit entry of something that the customer did."""
        return AuditEntry(
            event=event,
            outcome=Outcome.SUCCESS,
            actor=f"customer:{self.customer.id}",
            subject=self.customer.id,
            client=client or self.client,
            request_id=self.request.request_id,
            data=data or {},
            personal=self.request.personal,
        )
