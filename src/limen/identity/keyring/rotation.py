"""Rotations that take a while: begun once, done page by page, gone on with by whoever comes next.

::

    root        a new root key wraps every tenant's keys        re-wrapped one by one; nothing below is touched
    tenant      a new version of a tenant's key                 seals after SETTLE; then customers' keys are re-wrapped
    customers   a new key for each customer of a tenant         in front of those they have; nothing is encrypted anew

What is done is told by the keys themselves: a page that was done twice changes nothing the second time. So the cursor
of a rotation only spares work, and may be lost, and two processes may work on one page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol

from limen.identity.keyring.keyring import Keyring
from limen.identity.keyring.rootkeys import SETTLE
from limen.identity.keyring.store import KeyStore, WrappedSubjectKey
from limen.identity.keyring.upkeep import Upkeep
from limen.kernel.clock import SECOND, Clock, Instant

PAGE: Final = 200
_MARGIN: Final[Instant] = SETTLE + 6 * 60 * SECOND
"""A version that was just made seals after SETTLE, as soon as a process has looked again, five minutes at most."""


class RotationKind(StrEnum):
    """What is rotated."""

    ROOT = "root"
    TENANT = "tenant"
    CUSTOMERS = "customers"


class RotationState(StrEnum):
    """How far it is."""

    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation and its progress.

    Attributes:
        cursor: the last subject whose key was looked at.
        done: how many keys were changed.
        seen: how many keys were looked at, of *total* at the beginning.
    """

    id: str
    kind: RotationKind
    requested_at: Instant
    total: int
    state: RotationState = RotationState.RUNNING
    cursor: str = ""
    seen: int = 0
    done: int = 0
    finished_at: Instant = 0

    @property
    def version(self) -> int:
        """Return the version that keys of customers get: higher than any that was given before the request."""
        return self.requested_at // SECOND

    def finished(self, now: Instant) -> "Rotation":
        """Return the rotation that has come to its end."""
        return replace(self, state=RotationState.DONE, finished_at=now, seen=max(self.seen, self.total))


class RotationStore(Protocol):
    """One tenant's rotations inside one transaction."""

    async def begin(self, rotation: Rotation) -> bool:
        """Store a rotation; False if one of its kind is running."""
        ...

    async def running(self) -> Sequence[Rotation]:
        """Return those that are not done, oldest first."""
        ...

    async def list(self, limit: int) -> Sequence[Rotation]:
        """Return the newest."""
        ...

    async def advance(self, before: Rotation, after: Rotation) -> bool:
        """Put *after* in the place of *before* if that is what is stored."""
        ...


@dataclass(frozen=True, slots=True)
class Rotating:
    """Does the work of rotations, a page at a time."""

    store: KeyStore
    keyring: Keyring
    upkeep: Upkeep
    clock: Clock

    async def total(self, kind: RotationKind, tenant_id: str) -> int:
        """Return how many keys a rotation that begins now will look at."""
        if kind is RotationKind.ROOT:
            return await self.store.count_tenant_keys()
        return await self.store.count_subject_keys(tenant_id, self.clock.now() + 1)

    def is_due(self, rotation: Rotation) -> bool:
        """Tell whether there is something to do yet: a tenant's new version seals some minutes later."""
        return rotation.kind is not RotationKind.TENANT or self.clock.now() - rotation.requested_at >= _MARGIN

    async def page(self, rotation: Rotation, tenant_id: str) -> Rotation:
        """Do the next page of *rotation* and return how far it is then.

        Raises:
            Corrupted: a key does not verify.
        """
        now = self.clock.now()
        if rotation.kind is RotationKind.ROOT:
            moved = await self.upkeep.rewrap_tenants()
            return replace(rotation, done=rotation.done + moved).finished(now)
        rows = await self.store.tenants_subject_keys(tenant_id, rotation.requested_at + 1, rotation.cursor, PAGE)
        if not rows:
            return rotation.finished(now)
        changes = []
        for row in rows:
            fresh = await self._fresh(rotation, row)
            if fresh is not None:
                changes.append((row, fresh))
        changed = await self.store.replace_subject_keys(changes) if changes else 0
        return replace(
            rotation,
            cursor=rows[-1].subject_id,
            seen=rotation.seen + len(rows),
            done=rotation.done + changed,
        )

    async def _fresh(self, rotation: Rotation, row: WrappedSubjectKey) -> WrappedSubjectKey | None:
        if rotation.kind is RotationKind.TENANT:
            return await self.upkeep.rewrapped(row)
        if row.version >= rotation.version or not row.subject_id.startswith("cus_"):
            return None  # done already; or a journey's, which ends by itself
        return await self.keyring.with_new_key(row, rotation.version)
