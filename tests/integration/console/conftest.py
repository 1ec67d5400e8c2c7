"""An administrator at a browser."""

import pytest

from limen.identity.administrators import Role
from tests.support.house import PASSWORD

BOSS = "boss@example.com"


@pytest.fixture
async def boss(house):
    """Whoever administers the tenant, signed in."""
    customer = await house.customer(BOSS)
    async with house.storage.database.begin(house.tenant.id) as unit:
        await unit.administrators.appoint(customer.id, Role.TENANT.value, house.clock.now())
    walker = house.walker(address="198.51.100.20")
    await walker.sign_in(BOSS, PASSWORD)
    return walker
