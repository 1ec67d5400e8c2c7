"""Counting in process, and what happens where the shared cache is away."""

import pytest
from structlog.testing import capture_logs

from limen.kernel.errors import Misconfigured
from limen.storage.cache import FallbackLimiter, ProcessLimiter, rate_limiter
from limen.trust.limits import Decision, Limit
from tests.support.clock import ManualClock

KEY = bytes(32)
TEN = Limit(10, 60)


async def _allowed(limiter: ProcessLimiter, key: str, tries: int, limit: Limit = TEN) -> int:
    return sum([(await limiter.hit(key, limit)).allowed for _ in range(tries)])


@pytest.mark.anyio
async def test_exactly_the_limit_is_allowed(clock: ManualClock) -> None:
    assert await _allowed(ProcessLimiter(KEY, clock), "a", 25) == 10


@pytest.mark.anyio
async def test_keys_and_limits_are_counted_apart(clock: ManualClock) -> None:
    limiter = ProcessLimiter(KEY, clock)
    assert await _allowed(limiter, "a", 25) == 10
    assert await _allowed(limiter, "b", 25) == 10
    assert await _allowed(limiter, "a", 25, Limit(3, 60, "other")) == 3


@pytest.mark.anyio
async def test_the_window_slides_and_does_not_open_at_its_edge(clock: ManualClock) -> None:
    limiter = ProcessLimiter(KEY, clock)
    await _allowed(limiter, "a", 10)
    clock.advance(60)
    assert await _allowed(limiter, "a", 25) == 0
    clock.advance(30)
    assert await _allowed(limiter, "a", 25) == 5
    clock.advance(120)
    assert await _allowed(limiter, "a", 25) == 10


@pytest.mark.anyio
@pytest.mark.parametrize("elapsed", [0, 13, 59, 61, 90])
async def test_after_the_reset_one_more_fits_and_a_moment_before_none(clock: ManualClock, elapsed: int) -> None:
    limiter = ProcessLimiter(KEY, clock)
    await _allowed(limiter, "a", 10)
    clock.advance(elapsed)
    await _allowed(limiter, "a", 10)
    refused = await limiter.hit("a", TEN)
    assert not refused.allowed
    if refused.reset_seconds > 2:
        clock.advance(refused.reset_seconds - 2)
        assert not (await limiter.hit("a", TEN)).allowed
        clock.advance(2)
    else:
        clock.advance(refused.reset_seconds)
    assert (await limiter.hit("a", TEN)).allowed


@pytest.mark.anyio
async def test_remaining_counts_down_and_a_refusal_costs_nothing(clock: ManualClock) -> None:
    limiter = ProcessLimiter(KEY, clock)
    assert [(await limiter.hit("a", Limit(3, 60))).remaining for _ in range(3)] == [2, 1, 0]
    refused = await limiter.hit("a", Limit(3, 60))
    assert (refused.allowed, refused.remaining) == (False, 0)
    assert not (await limiter.hit("b", Limit(3, 60), cost=4)).allowed
    assert (await limiter.hit("b", Limit(3, 60), cost=3)).allowed


@pytest.mark.anyio
async def test_memory_holds_a_bounded_number_of_hashed_keys(clock: ManualClock) -> None:
    limiter = ProcessLimiter(KEY, clock, max_keys=100)
    for number in range(1_000):
        await limiter.hit(f"192.0.2.{number}", TEN)
    [windows] = limiter._tables.values()
    assert len(windows) == 100
    assert not any(b"192.0.2" in key for key in windows)


class _Flaky:
    def __init__(self) -> None:
        self.is_away = True
        self.asked = 0

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        self.asked += 1
        if self.is_away:
            raise ConnectionError(key)
        return Decision(allowed=True, remaining=7, reset_seconds=1)

    async def aclose(self) -> None:
        pass


@pytest.mark.anyio
async def test_a_cache_that_is_away_is_counted_for_in_process_said_once_and_asked_again_later(
    clock: ManualClock,
) -> None:
    flaky, told = _Flaky(), []
    limiter = FallbackLimiter(flaky, ProcessLimiter(KEY, clock), clock, lambda: told.append(1))
    with capture_logs() as logs:
        allowed = [(await limiter.hit("192.0.2.7", TEN)).allowed for _ in range(12)]
        clock.advance(6)
        await limiter.hit("192.0.2.7", TEN)
        flaky.is_away = False
        clock.advance(6)
        decision = await limiter.hit("192.0.2.7", TEN)
    assert allowed.count(True) == 10
    assert len(told) == 13
    assert flaky.asked == 3
    assert decision.remaining == 7
    assert [line["event"] for line in logs] == ["cache.away", "cache.back"]
    assert "192.0.2.7" not in str(logs)


def test_an_unknown_cache_scheme_is_a_misconfiguration(clock: ManualClock) -> None:
    assert isinstance(rate_limiter("", KEY, clock), ProcessLimiter)
    with pytest.raises(Misconfigured):
        rate_limiter("memcached://127.0.0.1", KEY, clock)
