"""Deleting from a tenant's audit log what its newest pruning takes."""

from typing import Final

from limen.kernel.ids import TenantId
from limen.storage.database import Database

BATCH: Final = 2_000
"""Records in one transaction."""


async def prune(database: Database, tenant_id: TenantId) -> int:
    """Delete up to ``BATCH`` records, or, where none are left to delete, checkpoints; return how many records went."""
    async with (
        database.turn(write=True),
        database.dialect.transaction(tenant_id, write=True) as connection,
    ):
        gone = await database.dialect.prune(connection, tenant_id, BATCH)
        await connection.commit()
    return gone
