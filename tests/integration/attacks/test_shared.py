"""Workers that share a cache count as one, and judge alike; without it each counts on its own."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import redis

from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.networks import NetworkSettings
from limen.kernel.entropy import SystemEntropy
from limen.storage.cache import rate_limiter, shared_state
from limen.trust.attacks.counters import Counters
from limen.trust.attacks.guard import AttackGuard
from limen.trust.attacks.records import FREE, Attempt, Bar
from limen.trust.attacks.tallies import Tallies
from limen.trust.attacks.watch import Watch
from limen.trust.threats.reputation import Reputation

pytestmark = pytest.mark.anyio


def worker(limiter, shared, clock) -> AttackGuard:
    counters = Counters(limiter, limiter, "ten_1", shared, clock)
    return AttackGuard(counters, AttackSettings(), Watch(clock), Reputation(), NetworkSettings(), Tallies(clock))


def attempt(number: int) -> Attempt:
    return Attempt(f"203.0.{number}.7", f"account {number}", b"password %d" % number)


@asynccontextmanager
async def workers(url, clock, number=2):
    """Workers whose clock stands still, so that no hour ends between two of them."""
    limiters = [rate_limiter(url, b"l" * 32, clock) for _ in range(number)]
    shared = [shared_state(url, b"s" * 32, clock, SystemEntropy()) for _ in range(number)]
    try:
        yield [worker(*parts, clock) for parts in zip(limiters, shared, strict=True)]
    finally:
        for one in (*limiters, *shared):
            await one.aclose()


async def test_what_one_worker_counts_the_other_judges_by(valkey_url, clock):
    async with workers(valkey_url, clock) as (one, two):
        for number in range(20):
            assert (await two.judge(attempt(number))).verdict == FREE
            await one.failed(attempt(number))
        judged = await two.judge(attempt(99))
        assert (judged.verdict.bar, judged.verdict.reasons) == (Bar.PROOF, ("attack",))
        assert judged.counts.failed == 20
        minutes = await two.tallies.minutes(two.counters)
        assert sum(minute.counts["wrong"] for minute in minutes) == 20


async def test_one_password_on_many_accounts_is_seen_over_all_workers(valkey_url, clock):
    tries = [replace(attempt(number), password=b"Winter2026!") for number in range(11)]
    async with workers(valkey_url, clock) as (one, two):
        for number, each in enumerate(tries[:10]):
            await (one, two)[number % 2].failed(each)
        for guard in (one, two):
            assert (await guard.judge(tries[10])).verdict.reasons == ("spraying",)
        async with workers(valkey_url, clock, 1) as (restarted,):
            assert (await restarted.judge(tries[10])).verdict.reasons == ("spraying",)


async def test_the_key_of_passwords_is_drawn_once_kept_for_an_hour_and_offered_again(valkey_url, clock):
    async with workers(valkey_url, clock, 4) as guards:
        marks = await asyncio.gather(*(guard.counters.fingerprint(b"hunter2") for guard in guards))
        assert len(set(marks)) == 1
        with redis.Redis.from_url(valkey_url) as cache:
            [name] = cache.keys("limen:key:*")
            assert 3_500 < cache.ttl(name) <= 3_600
            first = cache.get(name)
            cache.flushdb()
            clock.advance(61)  # so long a key is used without asking
            assert await guards[0].counters.fingerprint(b"hunter2") == marks[0]
            assert cache.get(name) == first


async def test_the_busiest_networks_are_those_of_all_workers_and_the_cache_names_none(valkey_url, clock):
    async with workers(valkey_url, clock) as (one, two):
        for number in range(9):
            await (one, two)[number % 2].failed(replace(attempt(number), address=f"203.0.{number % 3}.7"))
        both = [await guard.tallies.networks(guard.counters) for guard in (one, two)]
        assert [sorted(found) for found in both] == [[(f"203.0.{number}.0/24", 3) for number in range(3)]] * 2
        for number in range(300):
            await one.counters.shared.note("many", str(number))
            clock.advance(0.001)
        with redis.Redis.from_url(valkey_url) as cache:
            assert cache.zcard("limen:noted:many") == 200
            assert 0 < cache.ttl("limen:noted:many") <= 1_200
            assert not any(b"203.0" in member for member in cache.zrange("limen:noted:networks:ten_1", 0, -1))
            cache.zadd("limen:noted:many", {b"somebody else's": 1e18})
        assert sorted(map(int, await two.counters.shared.noted("many"))) == list(range(100, 300))


async def test_without_its_cache_a_worker_draws_a_key_of_its_own(clock):
    async with workers("valkey://127.0.0.1:1/0", clock) as (one, two):
        marks = [await guard.counters.fingerprint(b"hunter2") for guard in (one, one, two)]
        await one.note("wrong", "203.0.113.0/24")
        assert await one.counters.shared.noted("networks:ten_1") == ["203.0.113.0/24"]
    assert marks[0] == marks[1]
    assert marks[2] != marks[0]
