"""An erasure that was interrupted is finished."""

import pytest

from limen.kernel.events import Event
from tests.support.house import House

pytestmark = pytest.mark.anyio


async def test_a_deletion_whose_process_died_before_the_key_went_still_destroys_it(house: House) -> None:
    customer = await house.customer("ann@example.com")
    tenant_id = house.tenant.id
    assert await house.basis.keyring.subject(tenant_id, customer.id) is not None
    async with house.storage.database.begin(tenant_id) as unit:
        await unit.customers.delete(customer.id)
        unit.announce(Event("customer.deleted", customer.id))
    await house.mails()  # lets the relay drain the outbox
    assert await house.basis.keyring.subject(tenant_id, customer.id) is None
