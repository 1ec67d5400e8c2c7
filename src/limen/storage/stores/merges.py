"""Who was merged into whom."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema.customers import contact_index, customers, merged_customers
from limen.storage.stores.base import TenantStoreBase, insert_mine, mine, select_mine, update_mine

_LOCK = mine(select(customers.c.id).where(customers.c.id == bindparam("of")).with_for_update(), customers)
_HOLD = update_mine(contact_index, contact_index.c.customer_id == bindparam("of"), sets=("customer_id", "held_until"))
_REMEMBER = insert_mine(merged_customers)
_FOLLOW = update_mine(merged_customers, merged_customers.c.customer_id == bindparam("of"), sets=("customer_id",))
_INTO = select_mine(merged_customers, merged_customers.c.id == bindparam("of"))


class SqlMerges(TenantStoreBase):
    """Implements :class:`limen.access.merging.store.MergeStore`."""

    async def lock(self, some: Sequence[CustomerId]) -> None:
        """Wait until nobody else changes *some* customers, in one order for everybody, and keep them to this unit."""
        for customer_id in sorted(some):
            await self._one(_LOCK, of=customer_id)

    async def hold_addresses(self, goes: CustomerId, stays: CustomerId, until: Instant) -> None:
        """Hold the addresses of the one who goes for the one who stays: they find nobody, and are nobody else's."""
        await self._run(_HOLD, of=goes, customer_id=stays, held_until=until)

    async def remember(self, goes: CustomerId, stays: CustomerId, now: Instant) -> None:
        """Keep where a customer went, and everybody who went to them before."""
        await self._run(_FOLLOW, of=goes, customer_id=stays)
        await self._run(_REMEMBER, id=goes, customer_id=stays, merged_at=now)

    async def merged_into(self, customer_id: CustomerId) -> CustomerId | None:
        """Return into whom a customer was merged; None where they were not."""
        row = await self._one(_INTO, of=customer_id)
        return None if row is None else CustomerId(row.customer_id)
