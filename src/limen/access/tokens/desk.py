"""Everything the token doors of one tenant need, loaded: what the hot path holds in memory."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from limen.access.clients.records import Client
from limen.access.clients.secrets import hash_secret
from limen.access.jose.foreign import ClientAssertionVerifier, ClientKeys
from limen.access.jose.keyset import KeySet
from limen.access.jose.verify import AccessTokenVerifier
from limen.access.tokens.refresh_tokens import RefreshTokens
from limen.access.tokens.revocations import RevocationView
from limen.access.tokens.store import HotTokens
from limen.identity.customers.records import Customer, SealedCustomer
from limen.identity.tenants.records import Lifetimes, Tenant
from limen.kernel.clock import Clock, Instant
from limen.kernel.entropy import Entropy


@dataclass(frozen=True, slots=True)
class LoadedClient:
    """A client as the hot doors hold it: registered keys are parsed once."""

    client: Client
    keys: ClientKeys | None = None


class Clients(Protocol):
    """Looks a client up, from memory while that may be trusted."""

    async def __call__(self, client_id: str) -> LoadedClient | None:
        """Return the active client that shows this ``client_id``."""
        ...


Unsealer = Callable[[SealedCustomer], Awaitable[Customer | None]]
"""Opens a customer; None where the key is gone, which is erasure."""

FirstUse = Callable[[str, str, Instant], Awaitable[bool]]
"""(kind, value, until): True exactly once, over all workers. For the ``jti`` of client assertions (RFC 7523 §3)."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One tenant's token desk. Replaced as a whole when the tenant or its keys change."""

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

    @property
    def lifetimes(self) -> Lifetimes:
        """Return how long things live here."""
        return self.tenant.settings.lifetimes

    @property
    def issuer(self) -> str:
        """Return the tenant's issuer identifier."""
        return self.tenant.issuer

    def secret_hash(self, secret: str) -> str:
        """Return what is stored of a client secret."""
        return hash_secret(self.secret_key, secret)


Desks = Callable[[str], Awaitable[Desk | None]]
"""Path prefix to desk; None where no active tenant answers."""
