"""Floods that would make a limiter forget."""

import pytest

from limen.storage.cache import ProcessLimiter
from limen.trust.limits import Limit

ADDRESSES = Limit(30, 60, "client-authentication")
IDENTIFIERS = Limit(3, 3600, "mail-identifier")


@pytest.mark.anyio
async def test_a_flood_of_addresses_does_not_make_another_limit_forget_whom_it_counts(clock):
    limiter = ProcessLimiter(b"k" * 32, clock, max_keys=100)
    for _ in range(IDENTIFIERS.count):
        assert (await limiter.hit("ann", IDENTIFIERS)).allowed
    for number in range(1_000):
        await limiter.hit(f"2001:db8:{number:x}::/64", ADDRESSES)
    assert not (await limiter.hit("ann", IDENTIFIERS)).allowed


@pytest.mark.anyio
async def test_one_limit_never_holds_more_keys_than_it_may(clock):
    limiter = ProcessLimiter(b"k" * 32, clock, max_keys=100)
    for number in range(1_000):
        await limiter.hit(str(number), ADDRESSES)
    assert [len(table) for table in limiter._tables.values()] == [100]
