"""Beginning a journey costs us durable writes, so that one address may begin only so many."""

import pytest

pytestmark = pytest.mark.anyio


async def test_one_address_begins_only_so_many_journeys(build_house):
    async with build_house(journeys_per_address="3/60") as house:
        answers = [(await house.client().get("/sign-in")).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
        before = await house.rows()
        refused = await house.client().get("/authorize")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert await house.rows() == before
        assert (await house.client(address="192.0.2.8").get("/sign-in")).status_code == 200
