"""Who was merged into whom."""

from sqlalchemy import bindparam

from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema.customers import contact_index, merged_customers
from limen.storage.stores.base import TenantStoreBase, insert_mine, select_mine, update_mine

_HOLD = update_mine(contact_index, contact_index.c.customer_id == bindparam("of"), sets=("customer_id", "held_until"))
_REMEMBER = insert_mine(merged_customers)
_FOLLOW = update_mine(merged_customers, merged_customers.c.customer_id == bindparam("of"), sets=("customer_id",))
_INTO = select_mine(merged_customers, merged_customers.c.id == bindparam("of"))


class SqlMerges(TenantStoreBase):
    """Implements :class:`limen.access.merging.store.MergeStore`."""

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
