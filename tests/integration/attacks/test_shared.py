"""Workers that share a cache count as one, and judge alike; without it each counts on its own."""

import pytest

from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.networks import NetworkSettings
from limen.kernel.clock import SystemClock
from limen.storage.cache import rate_limiter
from limen.trust.attacks.counters import Counters
from limen.trust.attacks.guard import AttackGuard
from limen.trust.attacks.records import FREE, Attempt, Bar
from limen.trust.attacks.tallies import Tallies
from limen.trust.attacks.watch import Watch
from limen.trust.threats.reputation import Reputation

pytestmark = pytest.mark.anyio


def worker(limiter) -> AttackGuard:
    clock = SystemClock()
    counters = Counters(limiter, "ten_1", b"k" * 32, clock)
    return AttackGuard(counters, AttackSettings(), Watch(clock), Reputation(), NetworkSettings(), Tallies(clock))


def attempt(number: int) -> Attempt:
    return Attempt(f"203.0.{number}.7", f"account {number}", b"password %d" % number)


async def test_what_one_worker_counts_the_other_judges_by(valkey_url):
    limiters = [rate_limiter(valkey_url, b"l" * 32, SystemClock()) for _ in range(2)]
    try:
        one, two = map(worker, limiters)
        for number in range(20):
            assert (await two.judge(attempt(number))).verdict == FREE
            await one.failed(attempt(number))
        judged = await two.judge(attempt(99))
        assert (judged.verdict.bar, judged.verdict.reasons) == (Bar.PROOF, ("attack",))
        assert judged.counts.failed == 20
        minutes = await two.tallies.minutes(two.counters)
        assert sum(minute.counts["wrong"] for minute in minutes) == 20
    finally:
        for limiter in limiters:
            await limiter.aclose()
