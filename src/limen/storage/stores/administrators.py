"""Administrators' roles."""

from sqlalchemy import bindparam, select

from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema.tenants import administrators
from limen.storage.stores.base import TenantStoreBase, delete_mine, insert_new_mine, mine, select_mine, update_mine

_appointed = administrators.c.customer_id == bindparam("of")
_ROLE = select_mine(administrators, _appointed)
_ANY = mine(select(administrators).limit(1), administrators)
_APPOINT = insert_new_mine(administrators)
_REAPPOINT = update_mine(administrators, _appointed, sets=("role", "created_at"))
_DISMISS = delete_mine(administrators, _appointed)


class SqlAdministrators(TenantStoreBase):
    """Who administers: ``platform`` (all tenants, default tenant only) or ``tenant``."""

    async def role(self, customer_id: CustomerId) -> str | None:
        """Return a customer's role, if any."""
        row = await self._one(_ROLE, of=customer_id)
        return None if row is None else str(row.role)

    async def any(self) -> bool:
        """Tell whether the tenant has an administrator."""
        return await self._one(_ANY) is not None

    async def appoint(self, customer_id: CustomerId, role: str, at: Instant) -> None:
        """Give a customer a role."""
        if not await self._applied(_APPOINT, customer_id=customer_id, role=role, created_at=at):
            await self._run(_REAPPOINT, of=customer_id, role=role, created_at=at)

    async def dismiss(self, customer_id: CustomerId) -> bool:
        """Take a customer's role away."""
        return await self._applied(_DISMISS, of=customer_id)
