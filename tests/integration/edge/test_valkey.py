"""Rate limits in a real Valkey."""

import asyncio

import pytest
import redis

from limen.storage.cache import rate_limiter
from limen.trust.limits import Limit
from tests.support.clock import ManualClock

KEY = bytes(32)


@pytest.mark.anyio
async def test_two_processes_share_one_window_and_races_never_exceed_it(valkey_url: str, clock: ManualClock) -> None:
    limiters = [rate_limiter(valkey_url, KEY, clock) for _ in range(2)]
    limit = Limit(10, 60)
    decisions = await asyncio.gather(*[limiters[number % 2].hit("192.0.2.7", limit) for number in range(40)])
    assert sum(decision.allowed for decision in decisions) == 10
    refused = [decision for decision in decisions if not decision.allowed]
    assert all(1 <= decision.reset_seconds <= 120 for decision in refused)
    assert (await limiters[0].hit("192.0.2.8", limit)).remaining == 9
    for limiter in limiters:
        await limiter.aclose()


@pytest.mark.anyio
async def test_the_store_names_nobody(valkey_url: str, clock: ManualClock) -> None:
    limiter = rate_limiter(valkey_url, KEY, clock)
    await limiter.hit("sign-in:ada@example.org", Limit(10, 60))
    await limiter.aclose()
    with redis.Redis.from_url(valkey_url) as client:
        stored = client.keys("*")
        assert stored
        assert all(client.ttl(name) > 0 for name in stored)
    assert b"ada" not in b"".join(stored)


@pytest.mark.anyio
async def test_a_cache_that_is_not_there_is_counted_for_in_process(clock: ManualClock) -> None:
    told: list[int] = []
    limiter = rate_limiter("valkey://127.0.0.1:1/0", KEY, clock, lambda: told.append(1))
    allowed = [(await limiter.hit("a", Limit(3, 60))).allowed for _ in range(5)]
    assert allowed == [True, True, True, False, False]
    assert len(told) == 5
    await limiter.aclose()
