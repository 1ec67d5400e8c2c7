"""Each tenant's desk, held in memory and kept current by the change feed.

A desk is loaded once, by whoever asks first; others wait for the same load. What the feed tells of while a desk is
being loaded makes that load one nobody keeps. While the feed is stale, nothing held is trusted.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from limen.access.clients.secrets import PURPOSE as CLIENT_SECRET
from limen.access.jose.assertions import ClientAssertionVerifier
from limen.access.jose.keys import KeyState
from limen.access.jose.keyset import KeySet, load_key_set
from limen.access.jose.provide import provide_keys
from limen.access.jose.rotation import RotationPolicy
from limen.access.jose.verify import AccessTokenVerifier
from limen.access.outgoing import NO_WAY_OUT, Outgoing
from limen.access.possession.edge import NO_CERTIFICATES, EdgeCertificates
from limen.access.possession.nonces import PURPOSE as DPOP_NONCE
from limen.access.possession.nonces import Nonces
from limen.access.resources.catalogue import MOST
from limen.access.resources.view import Resources
from limen.access.tokens.desk import CountGrant, CountProof, Desk, FirstUse, WeighRefresh, uncounted
from limen.access.tokens.opaque import PURPOSE as OPAQUE_TOKENS
from limen.access.tokens.opaque import OpaqueTokens
from limen.access.tokens.refresh_tokens import RefreshTokens
from limen.access.tokens.revocations import RevocationView
from limen.access.tokens.subjects import PURPOSES as PAIRWISE
from limen.access.tokens.subjects import Subjects
from limen.app.clients import ClientCache, ClientParts
from limen.app.settings.sections.serving import CacheSection
from limen.identity.consents.purposes import Purpose
from limen.identity.consents.register import CHANGED as PURPOSE_CHANGED
from limen.identity.customers.directory import Directory
from limen.identity.keyring import Keyring, TenantVault
from limen.identity.tenants.records import DEFAULT_SLUG, Tenant
from limen.kernel.clock import Clock, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.ids import TenantId
from limen.storage.opening import Storage

REFRESH_TOKENS: Final = "refresh-token"
"""The name of the sub-key that refresh tokens are made with."""
_TENANT_DOORS: Final = ("", "/token", "/par", "/introspect", "/revoke", "/device_authorization", "/bc-authorize")
"""What clients may write as the audience of an assertion: the issuer, and the doors where they show it."""


def unweighed(_: Tenant) -> WeighRefresh | None:
    """Weigh no refresh tokens."""
    return None


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What desks are made of. ``weigh`` returns what weighs a tenant's refresh tokens, where it wants that."""

    storage: Storage
    keyring: Keyring
    clock: Clock
    entropy: Entropy
    cache: CacheSection = field(default_factory=CacheSection)
    outgoing: Outgoing = NO_WAY_OUT
    certificates: EdgeCertificates = NO_CERTIFICATES
    certificate_url: str = ""
    count_proof: CountProof = uncounted
    count_grant: CountGrant = uncounted
    weigh: Callable[[Tenant], WeighRefresh | None] = unweighed


@dataclass(frozen=True, slots=True)
class _Entry:
    desk: Desk
    clients: ClientCache
    revocations: RevocationView


class TenantDesks:
    """Path prefix to desk: what every token door asks first."""

    def __init__(self, parts: DeskParts) -> None:
        """Load through *parts*, and listen to their change feed."""
        self._parts = parts
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._prefixes: dict[str, str] = {}
        self._loads: dict[str, asyncio.Task[_Entry | None]] = {}
        self._slugs: set[str] = set()
        self._used: set[TenantId] = set()
        parts.storage.feed.listen(self.hear)

    async def __call__(self, prefix: str) -> Desk | None:
        """Return the desk of the tenant at *prefix*; None where no active tenant answers."""
        entry = self._entries.get(prefix)
        if entry is None or not self._parts.storage.feed.is_fresh():
            entry = await self._loaded(prefix)
            if entry is None:
                return None
        else:
            self._entries.move_to_end(prefix)
        self._used.add(entry.desk.tenant.id)
        return entry.desk

    def ready(self, prefix: str) -> Desk | None:
        """Return the desk of the tenant at *prefix* if it is in memory and may be trusted."""
        entry = self._entries.get(prefix)
        if entry is None or not self._parts.storage.feed.is_fresh():
            return None
        self._entries.move_to_end(prefix)
        return entry.desk

    def held(self, prefix: str) -> Tenant | None:
        """Return the tenant at *prefix* as far as it is in memory, fresh or not: for its look alone."""
        entry = self._entries.get(prefix)
        return entry.desk.tenant if entry is not None else None

    async def learn(self) -> list[Tenant]:
        """Read the registry and return its tenants; :meth:`knows` then knows them."""
        tenants: list[Tenant] = []
        while page := await self._parts.storage.tenants.list(after=tenants[-1].id if tenants else "", limit=500):
            tenants += page
        self._slugs.update(tenant.slug for tenant in tenants)
        return tenants

    def knows(self, prefix: str) -> bool:
        """Tell from memory whether *prefix* (``/t/acme``) belongs to a tenant of ours, active or not."""
        slug = prefix.removeprefix("/t/")
        return slug in self._slugs and slug != DEFAULT_SLUG

    def hand_over(self) -> set[TenantId]:
        """Return the tenants whose desk was asked for since this was last called: their audit log may have grown."""
        used, self._used = self._used, set()
        return used

    def hear(self, tenant_id: str | None, kind: str, key: str) -> None:
        """Take note of one change."""
        if kind == "tenant":
            self._slugs.add(key)
        prefix = prefix_of(key) if kind == "tenant" else self._prefixes.get(tenant_id or "")
        if prefix is None:
            return
        if kind in {"tenant", "keys", "resource", PURPOSE_CHANGED}:
            self._loads.pop(prefix, None)  # whoever waits for it is answered; nobody new joins
            self._drop(prefix)
        elif (entry := self._entries.get(prefix)) is not None:
            if kind == "client":
                entry.clients.forget(key)
            else:
                entry.revocations.hear(kind, key)

    async def _loaded(self, prefix: str) -> _Entry | None:
        task = self._loads.get(prefix)
        if task is None:
            task = self._loads[prefix] = asyncio.create_task(self._load(prefix))
            task.add_done_callback(lambda done: self._keep(prefix, done))
        return await asyncio.shield(task)

    def _keep(self, prefix: str, task: "asyncio.Task[_Entry | None]") -> None:
        """Hold what a finished load made, unless a change was heard of since it began."""
        if self._loads.get(prefix) is not task:
            return
        del self._loads[prefix]
        if task.cancelled() or task.exception() is not None:
            return
        entry = task.result()
        if entry is None:
            self._drop(prefix)
            return
        self._entries[prefix] = entry
        self._entries.move_to_end(prefix)
        self._prefixes[entry.desk.tenant.id] = prefix
        if len(self._entries) > self._parts.cache.tenants:
            self._drop(next(iter(self._entries)))

    def _drop(self, prefix: str) -> None:
        entry = self._entries.pop(prefix, None)
        if entry is not None:
            self._prefixes.pop(entry.desk.tenant.id, None)

    async def _load(self, prefix: str) -> _Entry | None:
        tenant = await self._parts.storage.tenants.find(slug_of(prefix))
        if tenant is None or not tenant.is_active:
            return None
        self._prefixes[tenant.id] = prefix  # from here on, news of its keys end this load
        vault = await self._parts.keyring.tenant(tenant.id)
        keys = await current_keys(tenant, vault, self._parts)
        resources, purposes = await current_catalogue(tenant.id, self._parts)
        return make_entry(tenant, vault, Loaded(keys, resources, purposes), self._parts)


def prefix_of(slug: str) -> str:
    """Return the path prefix of the tenant with this slug."""
    return "" if slug == DEFAULT_SLUG else f"/t/{slug}"


def slug_of(prefix: str) -> str:
    """Return the slug of the tenant at this path prefix."""
    return prefix.removeprefix("/t/") or DEFAULT_SLUG


async def current_keys(tenant: Tenant, vault: TenantVault, parts: DeskParts) -> KeySet:
    """Return the tenant's key set; where a key of its policy is missing, make it (the tenant's first use)."""
    database, policy = parts.storage.database, RotationPolicy.of(tenant.settings.keys)
    async with database.read(tenant.id) as unit:
        keys = await unit.signing_keys.list_keys()
    missing = set(policy.algorithms) - {key.alg for key in keys if key.state is KeyState.ACTIVE}
    if not missing:
        return KeySet.from_records(keys, vault.unseal)
    reading, begin = (lambda: database.read(tenant.id)), (lambda: database.begin(tenant.id))
    await provide_keys(reading, begin, vault, parts.clock, missing, is_news=False)
    async with database.read(tenant.id) as unit:
        return await load_key_set(unit.signing_keys, vault)


async def current_catalogue(tenant_id: TenantId, parts: DeskParts) -> tuple[Resources, Mapping[str, Purpose]]:
    """Return the tenant's resource servers and types of ``authorization_details``, and its purposes by name."""
    async with parts.storage.database.read(tenant_id) as unit:
        servers = await unit.resource_servers.list(after="", limit=MOST)
        types = await unit.detail_types.list(after="", limit=MOST)
        purposes = await unit.purposes.all()
    resources = Resources((entry.document for entry in servers), (entry.document for entry in types))
    return resources, {purpose.name: purpose for purpose in purposes}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a desk holds of its tenant's rows."""

    keys: KeySet
    resources: Resources
    purposes: Mapping[str, Purpose]


def make_entry(tenant: Tenant, vault: TenantVault, loaded: Loaded, parts: DeskParts) -> _Entry:
    """Join a tenant's desk from what was loaded."""
    storage, clock, entropy = parts.storage, parts.clock, parts.entropy
    keys = loaded.keys
    directory = Directory(tenant.id, parts.keyring, clock, entropy)
    hot = storage.hot_for(tenant.id)
    clients = ClientCache(tenant, ClientParts(storage, parts.outgoing, clock, entropy, parts.cache.clients))
    opaque = OpaqueTokens(vault.derive(OPAQUE_TOKENS), tenant.issuer, entropy)
    verifier = AccessTokenVerifier(
        tenant.issuer, keys, clock, cache_size=parts.cache.verified_tokens, opaque=opaque.open
    )
    revocations = RevocationView(
        hot,
        clock,
        storage.feed.is_fresh,
        lambda claims: desk.subject_of(claims),  # noqa: PLW0108 - the desk is made below
    )
    desk = Desk(
        tenant=tenant,
        keys=keys,
        clients=clients,
        hot=hot,
        refresh=RefreshTokens(vault.derive(REFRESH_TOKENS)),
        verifier=verifier,
        assertions=ClientAssertionVerifier(_audiences(tenant, parts), clock),
        revocations=revocations,
        secret_key=vault.derive(CLIENT_SECRET),
        unseal=directory.open,
        first_use=_first_use(storage, tenant.id),
        clock=clock,
        entropy=entropy,
        vault=vault,
        begin=lambda: storage.database.begin(tenant.id),
        opaque=opaque,
        subjects=Subjects(b"".join(vault.derive(purpose) for purpose in PAIRWISE)),
        subject_vault=lambda customer_id: parts.keyring.subject(tenant.id, customer_id),
        certificates=parts.certificates,
        count_proof=parts.count_proof,
        count_grant=parts.count_grant,
        weigh_refresh=parts.weigh(tenant),
        aliases=(parts.certificate_url + tenant.prefix,) if parts.certificate_url else (),
        nonces=Nonces(vault.derive(DPOP_NONCE), clock),
        resources=loaded.resources,
        purposes=loaded.purposes,
        outgoing=parts.outgoing,
    )
    return _Entry(desk, clients, revocations)


def _audiences(tenant: Tenant, parts: DeskParts) -> list[str]:
    bases = [tenant.issuer] + ([parts.certificate_url + tenant.prefix] if parts.certificate_url else [])
    return [base + door for base in bases for door in _TENANT_DOORS if base == tenant.issuer or door]


def _first_use(storage: Storage, tenant_id: TenantId) -> FirstUse:
    async def first_use(kind: str, value: str, until: Instant) -> bool:
        async with storage.database.begin(tenant_id) as unit:
            return await unit.replays.first_use(kind, value, until)

    return first_use
