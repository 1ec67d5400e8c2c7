"""What needs no request to be of use: storage and keys, open. The server, the jobs and the command line stand on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from limen.app.kms import PROBE_BYTES, kms_of
from limen.app.personal import AuditSealer
from limen.app.preparing import file_keyring, reachable, require_migrated, require_tables, worker_name
from limen.app.rights import rights_subscribers
from limen.app.settings import Settings
from limen.app.settings.derived import DatabaseUrls, database_urls
from limen.identity.administrators import SYSTEM
from limen.identity.keyring import FileKeyring, Keyring, KeyWrapper, Upkeep
from limen.identity.tenants.management import Tenancy
from limen.identity.tenants.records import DEFAULT_SLUG, Tenant
from limen.integration.kms.guarded import GuardedWrapper, probe
from limen.kernel.clock import Clock, SystemClock
from limen.kernel.entropy import Entropy, SystemEntropy
from limen.kernel.errors import Misconfigured, Refusal
from limen.storage.opening import Storage, open_storage


@dataclass(frozen=True, slots=True)
class Basis:
    """What needs no request to be of use: storage and keys, open. The command line works on this."""

    settings: Settings
    storage: Storage
    wrapper: FileKeyring
    keyring: Keyring
    clock: Clock
    entropy: Entropy
    kms: GuardedWrapper | None = None

    @property
    def root(self) -> KeyWrapper:
        """Return who holds the root key: a KMS, or else the keyring file."""
        return self.kms or self.wrapper

    @property
    def upkeep(self) -> Upkeep:
        """Return the keyring's jobs."""
        return Upkeep(
            self.storage.keystore, self.root, self.wrapper, self.clock, self.entropy, self.keyring.held_tenant
        )


@dataclass(frozen=True, slots=True)
class Chance:
    """Time and randomness of a process: the one place where the system's are chosen."""

    clock: Clock
    entropy: Entropy

    @classmethod
    def of_the_system(cls) -> "Chance":
        """Return the machine's."""
        return cls(SystemClock(), SystemEntropy())


@asynccontextmanager
async def open_basis(
    settings: Settings, chance: Chance | None = None, *, is_probed: bool = True
) -> AsyncIterator[Basis]:
    """Open storage and keyring, migrated and ready; where there is a KMS, see first that it answers.

    Raises:
        Misconfigured: the database is not migrated or not there, or the keyring or the KMS is not to be used.
    """
    chance = chance or Chance.of_the_system()
    clock, entropy = chance.clock, chance.entropy
    urls = database_urls(settings)
    wrapper = await asyncio.to_thread(file_keyring, settings, clock, entropy)
    kms = kms_of(settings, wrapper, (clock, entropy))
    if kms is not None and is_probed:
        await probe(kms, entropy.bytes(PROBE_BYTES))
    storage = await _open(urls, chance)
    try:
        await require_migrated(storage, urls)
        cached = settings.keyring.cached_seconds
        keyring = Keyring(storage.keystore, kms or wrapper, wrapper, clock, entropy, cached)
        storage.database.seal_personal = AuditSealer(keyring, entropy)
        storage.database.subscribers = rights_subscribers(storage, clock, entropy)
        yield Basis(settings, storage, wrapper, keyring, clock, entropy, kms)
    finally:
        await storage.close()


async def _open(urls: DatabaseUrls, chance: Chance) -> Storage:
    with reachable():
        try:
            return await open_storage(
                database_url=urls.data,
                keystore_url=urls.keys,
                token_database_url=urls.token or None,
                worker=worker_name(chance.entropy),
                clock=chance.clock,
                entropy=chance.entropy,
            )
        except Misconfigured:  # a role that is not there, most likely because nothing is
            await require_tables(urls, (chance.clock, chance.entropy))
            raise


async def default_tenant(basis: Basis) -> Tenant:
    """Return the default tenant, made at the first start.

    Raises:
        Misconfigured: it was made with another issuer, or no issuer is set.
    """
    issuer, tenants = basis.settings.issuer, basis.storage.tenants
    tenant = await tenants.find(DEFAULT_SLUG)
    if tenant is None:
        if not issuer:
            raise Misconfigured("the issuer is not set", "set LIMEN_ISSUER to the public base URL")
        made = await tenancy(basis, None).create(DEFAULT_SLUG, "Limen", SYSTEM)
        if not isinstance(made, Refusal):
            return made
        tenant = await tenants.find(DEFAULT_SLUG)  # another process was quicker
        if tenant is None:
            raise Misconfigured(f"the default tenant cannot be made: {made.code}", "look at the issuer")
    if issuer and tenant.issuer != issuer:
        raise Misconfigured(
            f"the issuer is {issuer}, but this database was set up for {tenant.issuer}",
            "an issuer is fixed, since tokens and clients depend on it: set LIMEN_ISSUER back, or use a new database",
        )
    return tenant


async def tenant_named(basis: Basis, slug: str) -> Tenant:
    """Return the tenant that a command was called for.

    Raises:
        Misconfigured: there is none of this slug.
    """
    tenant = await basis.storage.tenants.find(slug)
    if tenant is None:
        raise Misconfigured(f"there is no tenant {slug}", "name its slug; limen apply makes tenants")
    return tenant


def tenancy(basis: Basis, platform: Tenant | None) -> Tenancy:
    """Return the administration of tenants; *platform* is the default tenant, None while there is none."""
    return Tenancy(
        begin=basis.storage.database.begin,
        reading=basis.storage.database.read,
        keyring=basis.keyring,
        base_url=basis.settings.issuer,
        platform=platform.id if platform is not None else None,
        clock=basis.clock,
        entropy=basis.entropy,
    )
