"""How customers want to be written to."""

from sqlalchemy import bindparam

from limen.identity.preferences.choose import SealedPreferences
from limen.kernel.ids import CustomerId
from limen.storage.schema.rights import preferences
from limen.storage.stores.base import TenantStoreBase, insert_new_mine, select_mine, update_mine

_theirs = preferences.c.customer_id == bindparam("of")
_GET = select_mine(preferences, _theirs)
_ADD = insert_new_mine(preferences)
_SET = update_mine(preferences, _theirs, sets=("sealed", "updated_at"))


class SqlPreferences(TenantStoreBase):
    """Implements :class:`limen.identity.preferences.choose.PreferenceStore`."""

    async def get(self, customer_id: CustomerId) -> SealedPreferences | None:
        """Return what a customer chose."""
        row = await self._one(_GET, of=customer_id)
        return None if row is None else SealedPreferences(customer_id, bytes(row.sealed), row.updated_at)

    async def put(self, row: SealedPreferences) -> None:
        """Store what a customer chose, in place of what was."""
        values = {"sealed": row.sealed, "updated_at": row.updated_at}
        if not await self._applied(_ADD, values, customer_id=row.customer_id):
            await self._run(_SET, values, of=row.customer_id)
