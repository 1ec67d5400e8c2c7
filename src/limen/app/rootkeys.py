"""Rotating the root key, wherever it is, and destroying those of the keyring file."""

from limen.app.basis import Basis, default_tenant
from limen.kernel.errors import Conflict, NotFound, Refusal
from limen.kernel.events import AuditEntry


async def rotate_root_key(basis: Basis) -> int | Refusal:
    """Make a new root key and wrap all tenants' keys under it; return how many.

    Refused with ``root_from_environment`` where the root key is not ours to make. Stopped in between, the job that
    keeps the keyring goes on.
    """
    outcome = await basis.root.rotate_root()
    if isinstance(outcome, Refusal):
        return outcome
    moved = await basis.upkeep.rewrap_tenants()
    await _tell(basis, "root_key.rotated", outcome)
    return moved


async def destroy_root_key(basis: Basis, name: str) -> Refusal | None:
    """Destroy a retired root key, once nothing is wrapped under it.

    Refused with ``root_not_found``, ``root_is_active`` or ``root_not_settled``.
    """
    if name not in basis.wrapper.root_names():
        return NotFound("root_not_found", "limen keys rotate-root names them")
    if basis.kms is None and name == basis.wrapper.key_id:
        return Conflict("root_is_active", "limen keys rotate-root makes another")
    await basis.upkeep.rewrap_tenants()
    refusal = await basis.wrapper.destroy_root(name)
    if refusal is None:
        await _tell(basis, "root_key.destroyed", name)
    return refusal


async def _tell(basis: Basis, event: str, name: str) -> None:
    """Record it in the platform's own audit log."""
    platform = await default_tenant(basis)
    async with basis.storage.database.begin(platform.id) as unit:
        unit.record(AuditEntry(event, data={"root_key": name}))
