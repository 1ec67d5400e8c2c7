"""Keeping a tenant's signing keys: which there are, and their rotation, whether due, wished for, or an emergency."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from limen.access.clients.store import ClientStore
from limen.access.jose.algorithms import ENCRYPTION, Algorithm
from limen.access.jose.keys import ROTATED, KeyState, SigningKey
from limen.access.jose.provide import KeyUnit
from limen.access.jose.rotate import Rotated, generate, rotate_keys
from limen.access.jose.rotation import Creation, RotationPolicy, Urgency, plan_rotation
from limen.access.resources.records import ResourceDocument
from limen.access.resources.store import CatalogueStore
from limen.identity.administrators import SYSTEM, Actor
from limen.identity.keyring import Keyring
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import Clock
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import TenantId

_RESOURCES = 500


class KeepingUnit(KeyUnit, Protocol):
    """A unit of work that reaches the keys, and those who ask for them."""

    @property
    def clients(self) -> ClientStore:
        """Return the tenant's clients."""
        ...

    @property
    def resource_servers(self) -> CatalogueStore[ResourceDocument]:
        """Return the tenant's resource servers."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[KeepingUnit]]


@dataclass(frozen=True, slots=True)
class KeyKeeping:
    """One tenant's keys, as jobs and administrators change them."""

    tenant: Tenant
    begin: Begin
    reading: Begin
    keyring: Keyring
    clock: Clock

    async def list(self) -> "list[SigningKey]":
        """Return the published keys, oldest first; their private halves stay sealed."""
        async with self.reading(self.tenant.id) as unit:
            keys = await unit.signing_keys.list_keys()
        return [key for key in keys if key.purpose in ROTATED and key.is_published]

    async def rotate(self, urgency: Urgency = Urgency.DUE, actor: Actor = SYSTEM) -> Rotated:
        """Do what the tenant's settings ask at this moment. Nothing is written where nothing is due.

        An algorithm that the settings do not name keeps its key as long as a client or a resource server uses it. Keys
        are generated before the transaction begins.
        """
        async with self.reading(self.tenant.id) as unit:
            keys = await unit.signing_keys.list_keys()
            policy = await self._policy(unit, keys)
        plan = plan_rotation(keys, self.clock.now(), policy, urgency)
        if not plan:
            return Rotated((), None)
        ready = await generate(step.alg for step in plan if isinstance(step, Creation))
        vault = await self.keyring.tenant(self.tenant.id)
        async with self.begin(self.tenant.id) as unit:
            rotated = await rotate_keys(unit.signing_keys, vault, self.clock, policy, urgency, ready)
            if rotated.changes:
                data = {"changes": len(rotated.changes), "urgency": urgency.value}
                entry = AuditEntry("keys.rotated", actor=actor.name, request_id=actor.request_id, data=data)
                unit.record(entry)
                unit.announce(Event("keys.rotated", data=data))
                unit.change("keys", "")
        return rotated

    async def _policy(self, unit: KeepingUnit, keys: Iterable[SigningKey]) -> RotationPolicy:
        policy = RotationPolicy.of(self.tenant.settings.keys)
        standing = {key.alg for key in keys if key.state in {KeyState.ACTIVE, KeyState.PENDING}}
        extra = sorted(standing - set(policy.algorithms) - ENCRYPTION)
        if not extra:
            return policy
        used = await _in_use(unit, extra)
        return replace(policy, algorithms=(*policy.algorithms, *used))


async def _in_use(unit: KeepingUnit, candidates: Iterable[Algorithm]) -> list[Algorithm]:
    servers = await unit.resource_servers.list(after="", limit=_RESOURCES)
    named = {entry.document.token_signing_alg for entry in servers}
    return [alg for alg in candidates if alg.value in named or await unit.clients.uses_algorithm(alg.value)]
