"""Beginning rotations, going on with them, and saying how far they are, whatever the interface."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from limen.identity.administrators import Actor
from limen.identity.keyring.rotation import Rotating, Rotation, RotationKind, RotationState, RotationStore
from limen.kernel.clock import MINUTE, Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Refusal
from limen.kernel.events import AuditEntry
from limen.kernel.ids import RotationId, TenantId
from limen.kernel.units import RecordsAudit

_SHOWN: Final = 50
_LEASE: Final = 2 * MINUTE
_EVENTS: Final = {
    RotationKind.ROOT: "root_key.rotated",
    RotationKind.TENANT: "tenant_key.rotated",
    RotationKind.CUSTOMERS: "customer_keys.rotated",
}
REWRAPPED: Final = "keys.rewrapped"
"""The audit event that tells of the end of a rotation, and how many keys it changed."""


class RotationUnit(RecordsAudit, Protocol):
    """A unit of work that reaches rotations."""

    @property
    def rotations(self) -> RotationStore:
        """Return the tenant's rotations."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[RotationUnit]]
RotateRoot = Callable[[], Awaitable[str | Refusal]]
"""Makes a new root key and returns its name."""
Take = Callable[[str, int], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Rotations:
    """The rotations of one tenant's keys; on the default tenant, of the root key too."""

    tenant_id: TenantId
    begin_unit: Begin
    reading: Begin
    rotating: Rotating
    rotate_root: RotateRoot
    take: Take
    clock: Clock
    entropy: Entropy

    async def begin(self, kind: RotationKind, actor: Actor) -> Rotation | Refusal:
        """Begin a rotation; the work is :meth:`advance`'s.

        Returns:
            ``Conflict("rotation_running")`` where one of its kind is, or what making the new key is refused with.
        """
        async with self.reading(self.tenant_id) as unit:
            if any(one.kind is kind for one in await unit.rotations.running()):
                return Conflict("rotation_running")
        made = await self._new_key(kind)
        if isinstance(made, Refusal):
            return made
        total = await self.rotating.total(kind, self.tenant_id)
        rotation = Rotation(str(RotationId.new(self.clock, self.entropy)), kind, self.clock.now(), total)
        async with self.begin_unit(self.tenant_id) as unit:
            if not await unit.rotations.begin(rotation):
                return Conflict("rotation_running")
            entry = AuditEntry(
                _EVENTS[kind],
                actor=actor.name,
                subject=self.tenant_id,
                request_id=actor.request_id,
                data={"rotation": rotation.id, **made},
            )
            unit.record(entry)
        return rotation

    async def rotate_customer(self, customer_id: str, actor: Actor) -> int | Refusal:
        """Give one customer a new key, at once; return its version. Refused as the keyring refuses it."""
        version = await self.rotating.keyring.rotate_subject(self.tenant_id, customer_id)
        if not isinstance(version, Refusal):
            async with self.begin_unit(self.tenant_id) as unit:
                unit.record(
                    AuditEntry(
                        "customer_key.rotated",
                        actor=actor.name,
                        subject=customer_id,
                        request_id=actor.request_id,
                        data={"version": version},
                    )
                )
        return version

    async def list(self) -> Sequence[Rotation]:
        """Return the newest rotations, the newest first."""
        async with self.reading(self.tenant_id) as unit:
            return await unit.rotations.list(_SHOWN)

    async def advance(self, pages: int) -> Sequence[Rotation]:
        """Do up to *pages* pages of each rotation that is running and due; return those that are still running."""
        async with self.reading(self.tenant_id) as unit:
            running = await unit.rotations.running()
        left: list[Rotation] = []
        for one in running:
            if not self.rotating.is_due(one) or not await self.take(f"rotation:{one.id}", _LEASE):
                left.append(one)
                continue
            at = await self._pages(one, pages)
            if at.state is RotationState.RUNNING:
                left.append(at)
        return left

    async def _pages(self, at: Rotation, pages: int) -> Rotation:
        for _ in range(pages):
            after = await self.rotating.page(at, self.tenant_id)
            async with self.begin_unit(self.tenant_id) as unit:
                if not await unit.rotations.advance(at, after):
                    return at  # another process was quicker, and goes on
                if after.state is RotationState.DONE:
                    told: dict[str, Any] = {"rotation": after.id, "kind": after.kind.value, "keys": after.done}
                    unit.record(AuditEntry(REWRAPPED, subject=self.tenant_id, data=told))
            at = after
            if at.state is RotationState.DONE:
                return at
            await self.take(f"rotation:{at.id}", _LEASE)
            await self.clock.sleep(0)
        return at

    async def _new_key(self, kind: RotationKind) -> dict[str, Any] | Refusal:
        if kind is RotationKind.ROOT:
            name = await self.rotate_root()
            return name if isinstance(name, Refusal) else {"root_key": name}
        if kind is RotationKind.TENANT:
            version = await self.rotating.keyring.rotate_tenant(self.tenant_id)
            return version if isinstance(version, Refusal) else {"version": version}
        return {}


def described(rotation: Rotation) -> str:
    """Return how far *rotation* is, in words for a terminal."""
    if rotation.state is RotationState.DONE:
        return f"{rotation.kind.value}: done, {rotation.done} keys changed"
    return f"{rotation.kind.value}: {rotation.seen} of {rotation.total} keys looked at, {rotation.done} changed"
