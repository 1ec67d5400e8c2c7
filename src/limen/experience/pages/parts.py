"""What the pages are made of; joined by the composition root."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from limen.access.account.archive import ArchiveUnit
from limen.access.decoupled.user_codes import CodeTries
from limen.access.journeys.dispatcher import Journeys
from limen.access.journeys.parts import JourneyUnit
from limen.access.merging.merge import MergeUnit
from limen.experience.rendering import Renderer, StaticAssets
from limen.identity.administrators import AdministratorStore
from limen.identity.audit.store import AuditStore
from limen.identity.consents.receipts import ReceiptUnit, Signers
from limen.identity.preferences.choose import PreferenceUnit
from limen.identity.rights.store import RightsUnit
from limen.identity.search.store import SearchStore
from limen.identity.setup import SetupLinks
from limen.identity.tenants.management import Tenancy, TenantUnit
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import Instant
from limen.kernel.ids import TenantId
from limen.kernel.mac import HmacSha256
from limen.trust.bots.agents import Directory


class PageUnit(JourneyUnit, ReceiptUnit, RightsUnit, PreferenceUnit, ArchiveUnit, MergeUnit, TenantUnit, Protocol):
    """One tenant's transaction, as the pages use it."""

    @property
    def administrators(self) -> AdministratorStore:
        """Return who administers."""
        ...

    @property
    def audit_log(self) -> AuditStore:
        """Return the audit log."""
        ...

    @property
    def search(self) -> SearchStore:
        """Return the search indexes."""
        ...

    @property
    def setup_links(self) -> SetupLinks:
        """Return the set-up links."""
        ...


class Mail(Protocol):
    """A message in the development mailbox."""

    @property
    def to(self) -> str:
        """Whom it is for."""
        ...

    @property
    def subject(self) -> str:
        """Its subject."""
        ...

    @property
    def text(self) -> str:
        """Its plain body."""
        ...

    @property
    def html(self) -> str:
        """Its body as HTML, or empty."""
        ...


class Received(Protocol):
    """A kept message and when it came."""

    @property
    def id(self) -> str:
        """Its identifier in the mailbox."""
        ...

    @property
    def received_at(self) -> Instant:
        """When it came."""
        ...

    @property
    def mail(self) -> Mail:
        """The message."""
        ...


class Mailbox(Protocol):
    """The development mailbox, where there is one."""

    def page(self, before: str) -> tuple[Sequence[Received], str]:
        """Return some messages, newest first, and the *before* of the next page, or ""."""
        ...

    def get(self, id: str) -> Received | None:  # noqa: A002 - the mailbox's own name
        """Return one message."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[PageUnit]]


@dataclass(frozen=True, slots=True)
class TenantPages:
    """One tenant, as its pages need it; two sub-keys of its own are prepared.

    ``csrf`` makes the tokens of forms, ``newcomers`` what browsers are known by before they are stored; ``cookie`` is
    what that of a browser is called here: tenants of one origin have one each.
    """

    journeys: Journeys
    csrf: HmacSha256
    newcomers: HmacSha256
    cookie: str


@dataclass(frozen=True, slots=True)
class PageParts:
    """Everything the pages use.

    Attributes:
        tenant: path prefix to the tenant's parts; None where no active tenant answers.
        begin: opens one tenant's writing transaction.
        read: opens one tenant's reading transaction.
        ledger_signers: what signs for each tenant's consent ledger, its receipts included.
        secure_cookies: False only where plain http on loopback was asked for aloud.
        tenancy: what changes the settings of one tenant.
        code_tries: how many codes of devices may be typed.
        mailbox: the development mailbox, shown at ``/dev/mailbox``; None outside the demonstration.
        demo_app: the demonstration's application, for the start page; empty outside of it.
        agents: returns the agents that may sign what they send; None where the operator names none.
    """

    tenant: Callable[[str], Awaitable[TenantPages | None]]
    begin: Begin
    read: Begin
    renderer: Renderer
    assets: StaticAssets
    ledger_signers: Signers
    tenancy: Callable[[Tenant], Tenancy]
    code_tries: CodeTries
    secure_cookies: bool = True
    mailbox: Mailbox | None = None
    demo_app: str = ""
    agents: Callable[[], Directory] | None = None
