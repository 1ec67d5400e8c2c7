"""After a restore: whoever was erased since the backup was made is erased again.

A backup of the data brings the rows of erased customers back, and no key to read them. The key store is the record of
erasures that no restore of the data undoes: a customer without a key there was erased.
"""

from collections.abc import AsyncIterator

from limen.app.administrators import administration
from limen.app.basis import Basis
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import Tenant
from limen.kernel.errors import Misconfigured, Refusal
from limen.kernel.ids import CustomerId

_PAGE = 500


async def without_a_key(basis: Basis, tenant: Tenant) -> list[CustomerId]:
    """Return the customers whose key is gone.

    Raises:
        Misconfigured: nobody's key is there. It is the wrong key store, and whoever went by it would erase a tenant.
    """
    gone: list[CustomerId] = []
    living = 0
    async for customer_id in _customers(basis, tenant):
        if await basis.keyring.subject(tenant.id, customer_id) is None:
            gone.append(customer_id)
        else:
            living += 1
    if gone and not living:
        raise Misconfigured(
            f"no customer of {tenant.slug} has a key", "is this the key store that belongs to these data?"
        )
    return gone


async def erase_again(basis: Basis, tenant: Tenant, customer_ids: list[CustomerId]) -> int:
    """Erase customers whose key is gone; return how many rows went. Under a legal hold nobody is."""
    outcomes = [await administration(basis, tenant).delete(one, SYSTEM) for one in customer_ids]
    return sum(not isinstance(outcome, Refusal) for outcome in outcomes)


async def _customers(basis: Basis, tenant: Tenant) -> AsyncIterator[CustomerId]:
    after = ""
    while True:
        async with basis.storage.database.read(tenant.id) as unit:
            page = await unit.customers.list(after=after, limit=_PAGE)
        for customer in page:
            yield customer.id
        if len(page) < _PAGE:
            return
        after = page[-1].id
