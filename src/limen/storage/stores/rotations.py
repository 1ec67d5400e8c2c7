"""Rotations of keys that are under way, and those that were."""

from typing import Any

from sqlalchemy import bindparam, select

from limen.identity.keyring.rotation import Rotation, RotationKind, RotationState
from limen.storage.schema.tenants import key_rotations
from limen.storage.stores.base import TenantStoreBase, insert_new_mine, mine, update_mine

_BEGIN = insert_new_mine(key_rotations)
_RUNNING = mine(
    select(key_rotations).where(key_rotations.c.state == "running").order_by(key_rotations.c.id), key_rotations
)
_LIST = mine(select(key_rotations).order_by(key_rotations.c.id.desc()).limit(bindparam("most")), key_rotations)
_ADVANCE = update_mine(
    key_rotations,
    key_rotations.c.id == bindparam("of"),
    key_rotations.c.state == "running",
    key_rotations.c.cursor == bindparam("stood"),
    sets=("state", "finished_at", "cursor", "seen", "done"),
)


class SqlRotations(TenantStoreBase):
    """Implements :class:`limen.identity.keyring.rotation.RotationStore`."""

    async def begin(self, rotation: Rotation) -> bool:
        """Store a rotation; False if one of its kind is running."""
        values = {name: getattr(rotation, name) for name in Rotation.__slots__}
        return await self._applied(_BEGIN, {**values, "kind": rotation.kind.value, "state": rotation.state.value})

    async def running(self) -> "list[Rotation]":
        """Return those that are not done, oldest first."""
        return [_rotation(row) for row in await self._all(_RUNNING)]

    async def list(self, limit: int) -> "list[Rotation]":
        """Return the newest."""
        return [_rotation(row) for row in await self._all(_LIST, most=limit)]

    async def advance(self, before: Rotation, after: Rotation) -> bool:
        """Put *after* in the place of *before* if nobody else was there."""
        values = {name: getattr(after, name) for name in ("finished_at", "cursor", "seen", "done")}
        return await self._applied(_ADVANCE, {**values, "state": after.state.value}, of=before.id, stood=before.cursor)


def _rotation(row: Any) -> Rotation:
    values = {name: getattr(row, name) for name in Rotation.__slots__}
    return Rotation(**{**values, "kind": RotationKind(row.kind), "state": RotationState(row.state)})
