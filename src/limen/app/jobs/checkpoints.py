"""Signed checkpoints over the audit logs of all tenants that changed.

No lease is needed: a checkpoint's number is taken once, so that of two workers one is first and the other finds
nothing new. Each worker looks after the tenants that it served; a slow round over all of them catches what a worker
left behind that ended.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog

from limen.access.jose.algorithms import (
    Algorithm,
    SignFunction,
    from_pkcs8,
    generate_private_key,
    signing_function,
    to_pkcs8,
)
from limen.access.jose.jwk import public_jwk, thumbprint
from limen.access.jose.keys import SEALED_FIELD, KeyPurpose, KeyState, SigningKey
from limen.identity.audit.chain import Head
from limen.identity.audit.checkpoints import Checkpoint, next_checkpoint, signed_bytes, to_be_found
from limen.identity.audit.pruning import Pruned
from limen.identity.keyring import Keyring
from limen.kernel.clock import SECOND, Clock, Instant
from limen.kernel.ids import TenantId
from limen.storage.opening import Storage
from limen.storage.unit import Unit

_APART: Final[Instant] = 9 * SECOND // 10
"""Checkpoints of one tenant are at least so far apart, however many workers serve it."""
_TRIES: Final = 8
"""How often the end of a log is tried to be signed, a quarter of a second apart."""
_KEYS_HELD: Final = 1_000
_NAMED: Final = 20
_PRUNINGS: Final = 10_000
"""One a day for longer than a log may be kept."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LedgerKey:
    """The key that signs a tenant's checkpoints."""

    kid: str
    sign: SignFunction


@dataclass(frozen=True, slots=True)
class Basics:
    """What finding or making a key takes."""

    storage: Storage
    keyring: Keyring
    clock: Clock


class Checkpoints:
    """Signs checkpoints."""

    def __init__(
        self,
        storage: Storage,
        keyring: Keyring,
        clock: Clock,
        served: Callable[[], set[TenantId]],
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the parts; *served* hands over the tenants that were served since it was last asked.

        *on_lost* is called each time a log is found with less in it than was signed.
        """
        self._on_lost = on_lost
        self._storage = storage
        self._keyring = keyring
        self._clock = clock
        self._served = served
        self._waiting: set[TenantId] = set()
        self._keys: dict[TenantId, LedgerKey] = {}

    async def run(self) -> None:
        """Sign for the tenants that were served by this process."""
        self._waiting |= self._served()
        for tenant_id in tuple(self._waiting):
            if await self.sign(tenant_id):
                self._waiting.discard(tenant_id)

    async def run_all(self) -> None:
        """Sign for every tenant."""
        after = ""
        while page := await self._storage.tenants.list(after=after, limit=200):
            for tenant in page:
                if tenant.is_active or await self._keyring.held_tenant(tenant.id) is not None:
                    await self.sign(tenant.id)
            after = page[-1].id

    async def sign(self, tenant_id: TenantId) -> bool:
        """Sign a checkpoint if the tenant's log has grown; False if it is to be tried again in a moment.

        A log that has lost something is not signed: the last checkpoint stays the one that tells of it.
        """
        now = self._clock.now()
        async with self._storage.database.read(tenant_id) as unit:
            last = await unit.audit_log.last_checkpoint()
            if last is not None and 0 <= now - last.at < _APART:
                return False
            heads = await unit.audit_log.heads()
            lost = await _lost(unit, last, heads) if last is not None else []
        if lost:
            self._on_lost()
            _log.error("audit.records_lost", tenant=tenant_id, segments=lost[:_NAMED], count=len(lost))
            return True
        checkpoint = next_checkpoint(tenant_id, last, heads, now)
        if not heads or (last is not None and last.heads == checkpoint.heads):
            return True
        key = await self._key(tenant_id)
        async with self._storage.database.begin(tenant_id) as unit:
            return await unit.audit_log.add_checkpoint(_signed(checkpoint, key))

    async def _key(self, tenant_id: TenantId) -> LedgerKey:
        key = self._keys.get(tenant_id)
        if key is None:
            if len(self._keys) >= _KEYS_HELD:
                self._keys.clear()
            key = self._keys[tenant_id] = await ledger_key(tenant_id, self._storage, self._keyring, self._clock)
        return key


async def close_log(tenant_id: TenantId, basics: Basics) -> None:
    """Sign the end of the log of a tenant that is about to lose its keys; nothing where they are gone."""
    if await basics.keyring.held_tenant(tenant_id) is None:
        return
    checkpoints = Checkpoints(basics.storage, basics.keyring, basics.clock, set)
    for _ in range(_TRIES):
        if await checkpoints.sign(tenant_id):
            return
        await basics.clock.sleep(_APART / SECOND / 3)
    _log.warning("audit.end_unsigned", tenant=tenant_id)


async def _lost(unit: Unit, last: Checkpoint, heads: list[Head]) -> list[str]:
    """Return the segments in which what *last* was signed over is not there any more, and no pruning took it."""
    missing = [
        head
        for head in to_be_found(last, heads)
        if await unit.audit_log.hash_at(head.segment_id, head.next_seq - 1) != head.hash
    ]
    pruned = Pruned()
    if missing:
        for pruning in await unit.audit_log.prunings(0, _PRUNINGS):
            pruned.add(pruning)
    return [str(head.segment_id) for head in missing if not pruned.takes(head)]


def _signed(checkpoint: Checkpoint, key: LedgerKey) -> Checkpoint:
    named = replace(checkpoint, kid=key.kid)
    return replace(named, signature=key.sign(signed_bytes(named)))


async def ledger_key(tenant_id: TenantId, storage: Storage, keyring: Keyring, clock: Clock) -> LedgerKey:
    """Return the tenant's ledger key, making it the first time."""
    record, sign = await own_key(tenant_id, KeyPurpose.CHECKPOINTS, Basics(storage, keyring, clock))
    return LedgerKey(record.kid, sign)


async def own_key(tenant_id: TenantId, purpose: KeyPurpose, basics: Basics) -> tuple[SigningKey, SignFunction]:
    """Return the tenant's key for *purpose*, which never rotates, and what signs with it; made the first time."""
    storage, clock = basics.storage, basics.clock
    vault = await basics.keyring.tenant(tenant_id)
    async with storage.database.read(tenant_id) as unit:
        record = await _active(unit, purpose)
    if record is None:
        private = generate_private_key(Algorithm.EDDSA)
        jwk = public_jwk(private)
        kid, now = thumbprint(jwk), clock.now()
        made = SigningKey(
            kid=kid,
            alg=Algorithm.EDDSA,
            public_jwk=jwk,
            created_at=now,
            activates_at=now,
            sealed_private=vault.seal(SEALED_FIELD, kid, to_pkcs8(private)),
            state=KeyState.ACTIVE,
            purpose=purpose,
        )
        async with storage.database.begin(tenant_id) as unit:
            # where another worker was quicker, its key is the one
            record = made if await unit.signing_keys.add_key(made) else await _active(unit, purpose) or made
    private = from_pkcs8(vault.unseal(SEALED_FIELD, record.kid, record.sealed_private))
    return record, signing_function(record.alg, private)


async def _active(unit: Unit, purpose: KeyPurpose) -> SigningKey | None:
    keys = await unit.signing_keys.list_keys()
    return next((key for key in keys if key.purpose is purpose and key.state is KeyState.ACTIVE), None)
