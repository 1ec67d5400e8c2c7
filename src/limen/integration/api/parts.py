"""What the API is given by the composition root."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from limen.access.account.archive import ArchiveUnit
from limen.access.account.unit import AccountUnit, Owner
from limen.access.clients.dynamic.store import DynamicUnit
from limen.access.factors.administer import FactorUnit
from limen.access.imports.store import ImportUnit
from limen.access.journeys.guards.risks import Judged
from limen.access.journeys.parts import JourneyParts
from limen.access.merging.merge import MergeUnit
from limen.access.resources.catalogue import CatalogueUnit
from limen.access.safety.administer import AdministeredUnit
from limen.access.sessions.store import SessionStore
from limen.access.tokens.desk import Desks
from limen.identity.audit.destinations import DestinationStore
from limen.identity.audit.store import AuditStore
from limen.identity.consents.asking import Asking
from limen.identity.consents.decide import DecidingUnit
from limen.identity.consents.receipts import ReceiptUnit, Signers
from limen.identity.consents.register import PurposeUnit
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.customers.directory import Directory
from limen.identity.customers.indexing import IndexUnit
from limen.identity.customers.schema_changes import SchemaUnit
from limen.identity.customers.unit import CustomerUnit
from limen.identity.keyring import Keyring
from limen.identity.keyring.rotate import Rotations
from limen.identity.preferences.choose import PreferenceUnit
from limen.identity.rights.store import RightsUnit
from limen.identity.tenants.management import CloseLog, TenantUnit
from limen.identity.tenants.records import Tenant
from limen.integration.api.deprecation import CountDeprecated, uncounted_calls
from limen.integration.streaming.ways import NOWHERE, Send
from limen.kernel.clock import Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.ids import TenantId
from limen.trust.attacks.alerts import AttackStore
from limen.trust.attacks.guard import AttackGuard
from limen.trust.limits import Limit, RateLimiter
from limen.trust.risk.whereabouts import BY_PREFIX, Geography
from limen.trust.threats.breaches import NO_SOURCES, BreachSources

PREFIX: Final = "/api/v1"
"""Where the API is, below a tenant's prefix."""


class StoredAnswer(Protocol):
    """An answer that was given before; ``status`` is 0 while the work is under way."""

    @property
    def request_hash(self) -> bytes:
        """Return the hash of what was asked."""
        ...

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        ...

    @property
    def sealed_response(self) -> bytes:
        """Return the sealed answer."""
        ...


class IdempotencyStore(Protocol):
    """One tenant's remembered answers inside one transaction."""

    async def find(self, digest: bytes, now: Instant) -> StoredAnswer | None:
        """Return the answer given before, if it is still remembered."""
        ...

    async def claim(self, digest: bytes, request_hash: bytes, now: Instant, expires_at: Instant) -> bool:
        """Reserve the key before the work is done; False if it is reserved or answered."""
        ...

    async def answer(self, digest: bytes, status: int, sealed_response: bytes) -> None:
        """Keep the answer of a reserved key."""
        ...

    async def release(self, digest: bytes) -> None:
        """Give a reserved key back: the work was not done."""
        ...


class ApiUnit(
    RightsUnit,
    AccountUnit,
    ArchiveUnit,
    PreferenceUnit,
    AdministeredUnit,
    FactorUnit,
    ImportUnit,
    DynamicUnit,
    CatalogueUnit,
    CustomerUnit,
    IndexUnit,
    MergeUnit,
    SchemaUnit,
    TenantUnit,
    PurposeUnit,
    DecidingUnit,
    ReceiptUnit,
    Protocol,
):
    """A unit of work that reaches all that the API administers."""

    @property
    def sessions(self) -> SessionStore:
        """Return browsers and sessions."""
        ...

    @property
    def audit_log(self) -> AuditStore:
        """Return the tenant's audit log."""
        ...

    @property
    def audit_destinations(self) -> DestinationStore:
        """Return where the audit log is streamed to."""
        ...

    @property
    def attacks(self) -> AttackStore:
        """Return the attacks that guards recognised."""
        ...

    @property
    def idempotency(self) -> IdempotencyStore:
        """Return the tenant's remembered answers."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[ApiUnit]]


@dataclass(frozen=True, slots=True)
class Change:
    """What a customer is about to change through an application.

    Attributes:
        tenant: whose customer it is.
        owner: who, where from, and through which application.
        is_answered: more was proven lately than a challenge would ask for.
    """

    tenant: Tenant
    owner: Owner
    is_answered: bool


Weigh = Callable[[Change], Awaitable[Judged | None]]
"""What risk says of a change, and has put on record; None where it says nothing."""


async def unweighed(_: Change) -> None:
    """Weigh nothing."""


Guards = Callable[[Tenant], Awaitable[AttackGuard]]
Words = Callable[[str, str], str]
"""(language, name) to what a name of ours says in that language; the name itself where nobody translated it."""


def untranslated(_: str, name: str) -> str:
    """Return the name itself."""
    return name


@dataclass(frozen=True, slots=True)
class ApiParts:
    """All that the API joins.

    Attributes:
        desks: path prefix to a tenant's desk, which verifies its tokens.
        begin: opens a unit for writing; ``reading`` one for reading.
        directory_for: the directory of one tenant.
        limiter: is asked where something might be guessed; ``meter`` where all that counts is how often a client calls.
        base_url: where this process is reached from outside; issuers of new tenants are made from it.
        asking: answers what customers allow, from memory.
        ledger_signers: what signs for each tenant's consent ledger.
        limit: how often one client may call.
        breaches: what is known of breached passwords.
        close_log: signs the end of the audit log of a tenant that is to be destroyed.
        guards: makes the guard of a tenant, which knows how it stands.
        send_audit: delivers what tests a destination of the audit log.
        rotations: the rotations of a tenant's keys; None where there are none to be had.
        geography: knows where addresses are.
        words: what names of ours say in words.
        texts: whether there is anybody who carries short messages.
        weigh: holds what customers change against their habits.
        journeys: path prefix to what a tenant's journeys are made of: an errand is one (``access.journeys.errands``).
        count_deprecated: counts calls of what will go.
    """

    desks: Desks
    begin: Begin
    reading: Begin
    directory_for: Callable[[TenantId], Directory]
    keyring: Keyring
    hasher: PasswordHasher
    limiter: RateLimiter
    meter: RateLimiter
    clock: Clock
    entropy: Entropy
    base_url: str
    asking: Asking
    ledger_signers: Signers
    close_log: CloseLog
    guards: Guards
    journeys: Callable[[str], Awaitable[JourneyParts | None]]
    limit: Limit = Limit(600, 60, "api")
    breaches: BreachSources = NO_SOURCES
    send_audit: Send = NOWHERE
    rotations: Callable[[TenantId], Rotations] | None = None
    geography: Geography = BY_PREFIX
    words: Words = untranslated
    texts: bool = False
    weigh: Weigh = unweighed
    count_deprecated: CountDeprecated = uncounted_calls
