"""Everything the token doors of one tenant need, loaded: what the hot path holds in memory."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from limen.access.clients.records import Client
from limen.access.clients.secrets import hash_secret
from limen.access.jose.assertions import ClientAssertionVerifier
from limen.access.jose.foreign import ClientKeys
from limen.access.jose.keyset import KeySet
from limen.access.jose.verify import AccessTokenVerifier
from limen.access.outgoing import NO_WAY_OUT, Outgoing
from limen.access.possession.edge import NO_CERTIFICATES, EdgeCertificates
from limen.access.possession.nonces import Nonces
from limen.access.resources.view import Resources
from limen.access.tokens.opaque import OpaqueTokens
from limen.access.tokens.refresh_tokens import RefreshTokens
from limen.access.tokens.remembered import Remembered
from limen.access.tokens.revocations import RevocationView
from limen.access.tokens.store import HotTokens
from limen.access.tokens.subjects import Subjects
from limen.access.tokens.waiting import BeginWaiting
from limen.identity.consents.purposes import Purpose
from limen.identity.customers.records import Customer, SealedCustomer
from limen.identity.keyring import SubjectVault, TenantVault
from limen.identity.tenants.records import Lifetimes, Tenant
from limen.kernel.clock import Clock, Instant
from limen.kernel.context import RequestContext
from limen.kernel.entropy import Entropy
from limen.kernel.ids import CustomerId


@dataclass(frozen=True, slots=True)
class LoadedClient:
    """A client as the hot doors hold it: its keys are parsed once.

    Attributes:
        client: as it is registered; where it publishes keys or itself elsewhere, with what was found there.
        keys: those that verify its signatures.
        fresh_until: when what was found elsewhere must be asked for again; 0 where nothing was.
        keys_at: when its keys were asked for.
    """

    client: Client
    keys: ClientKeys | None = None
    fresh_until: Instant = 0
    keys_at: Instant = 0


class Clients(Protocol):
    """Looks a client up, from memory while that may be trusted."""

    async def __call__(self, client_id: str) -> LoadedClient | None:
        """Return the active client that shows this ``client_id``."""
        ...

    async def renewed(self, client_id: str) -> LoadedClient | None:
        """Return the client with the keys that it publishes now, asked for at most every half minute."""
        ...


SubjectVaults = Callable[[CustomerId], Awaitable[SubjectVault | None]]
"""Opens what is sealed under a customer's own key; None where that is gone."""

Unsealer = Callable[[SealedCustomer], Awaitable[Customer | None]]
"""Opens a customer; None where the key is gone, which is erasure."""

FirstUse = Callable[[str, str, Instant], Awaitable[bool]]
"""(kind, value, until): True exactly once, over all workers. For the ``jti`` of client assertions (RFC 7523 §3)."""


CountProof = Callable[[str, str], None]
"""(kind, outcome): measures proofs; both are words of ours."""

CountGrant = Callable[[str, str], None]
"""(grant, outcome): measures what the token endpoint answers; both are words of ours. It is told every token."""


def uncounted(kind: str, outcome: str) -> None:
    """Measure nothing."""


@dataclass(frozen=True, slots=True)
class Refreshing:
    """A refresh token that is shown: whose, by which client, and where from."""

    customer_id: CustomerId
    client_id: str
    came_from: RequestContext


WeighRefresh = Callable[[Refreshing], Awaitable[Literal["", "refuse", "end"]]]
"""What risk makes of a refresh token: nothing, that it is refused now, or that its family ends."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One tenant's token desk. Replaced as a whole when the tenant or its keys change.

    ``aliases`` are other bases of its doors, where clients are asked for a certificate (RFC 8705 §5). ``weigh_refresh``
    says what risk makes of a refresh token, where the tenant wants that.
    """

    tenant: Tenant
    keys: KeySet
    clients: Clients
    hot: HotTokens
    refresh: RefreshTokens
    verifier: AccessTokenVerifier
    assertions: ClientAssertionVerifier
    revocations: RevocationView
    secret_key: bytes = field(repr=False)
    unseal: Unsealer
    first_use: FirstUse
    clock: Clock
    entropy: Entropy
    vault: TenantVault
    begin: BeginWaiting
    opaque: OpaqueTokens
    subjects: Subjects
    subject_vault: SubjectVaults
    nonces: Nonces
    certificates: EdgeCertificates = NO_CERTIFICATES
    aliases: tuple[str, ...] = ()
    count_proof: CountProof = uncounted
    count_grant: CountGrant = uncounted
    weigh_refresh: WeighRefresh | None = None
    resources: Resources = field(default_factory=Resources)
    purposes: Mapping[str, Purpose] = field(default_factory=dict)
    outgoing: Outgoing = NO_WAY_OUT
    remembered: Remembered[LoadedClient] = field(default_factory=Remembered)

    @property
    def lifetimes(self) -> Lifetimes:
        """Return how long things live here."""
        return self.tenant.settings.lifetimes

    @property
    def issuer(self) -> str:
        """Return the tenant's issuer identifier."""
        return self.tenant.issuer

    def having(self, hot: HotTokens) -> "Desk":
        """Return the same desk with other hot doors: ``dataclasses.replace`` at a fifth of its price."""
        made: Desk = object.__new__(Desk)
        for name in Desk.__slots__:
            object.__setattr__(made, name, getattr(self, name))
        object.__setattr__(made, "hot", hot)
        return made

    def addresses(self, path: str) -> tuple[str, ...]:
        """Return every address of the door at *path*, from what is stored and not from what a request says."""
        return (self.tenant.issuer + path, *(alias + path for alias in self.aliases))

    async def subject_of(self, claims: Mapping[str, Any]) -> str:
        """Return the public subject of the customer whom a token of ours is about; empty where it is about none.

        What its client calls the customer is in ``sub``, which for a pairwise client (OpenID Connect Core §8.1) is the
        name of nobody else's customer.
        """
        loaded = await self.clients(str(claims["client_id"]))
        document = loaded.client.document if loaded is not None else None
        return (self.subjects.public(document, str(claims["sub"])) or "") if document is not None else ""

    def secret_hash(self, secret: str) -> str:
        """Return what is stored of a client secret."""
        return hash_secret(self.secret_key, secret)


Desks = Callable[[str], Awaitable[Desk | None]]
"""Path prefix to desk; None where no active tenant answers."""
