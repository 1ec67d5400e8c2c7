"""Instants are whole microseconds in UTC."""

from datetime import UTC, datetime, timedelta

import pytest

from limen.kernel.clock import DAY, HOUR, SECOND, SystemClock, micros, to_datetime, to_seconds
from tests.support.clock import ManualClock


def test_the_system_clock_counts_microseconds() -> None:
    before = datetime.now(UTC)  # noqa: TID251  # held against the machine's own clock
    now = to_datetime(SystemClock().now())
    assert timedelta(0) <= now - before + timedelta(microseconds=1) < timedelta(seconds=5)


def test_the_monotonic_clock_does_not_go_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


@pytest.mark.anyio
@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.01])
async def test_sleeping_takes_at_least_as_long_as_asked(seconds: float) -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(seconds)
    assert clock.monotonic() - before >= seconds * 0.9


def test_a_datetime_is_aware_and_exact_to_the_microsecond() -> None:
    assert to_datetime(1_800_000_000 * SECOND + 1) == datetime(2027, 1, 15, 8, 0, 0, 1, tzinfo=UTC)


def test_seconds_are_rounded_down() -> None:
    assert to_seconds(2 * SECOND - 1) == 1


def test_durations_count_microseconds() -> None:
    assert micros(timedelta(days=1, hours=2, microseconds=3)) == DAY + 2 * HOUR + 3


@pytest.mark.anyio
async def test_the_manual_clock_moves_only_when_told(clock: ManualClock) -> None:
    start, elapsed = clock.now(), clock.monotonic()
    assert clock.now() == start
    clock.advance(1.5)
    await clock.sleep(60)
    assert clock.now() - start == 61_500_000
    assert clock.monotonic() - elapsed == pytest.approx(61.5)
    assert clock.slept == [60]


def test_the_manual_clock_can_be_set_back_while_the_monotonic_one_cannot(clock: ManualClock) -> None:
    start = clock.now()
    clock.set_back(3600)
    assert clock.now() == start - HOUR
    assert clock.monotonic() == 0
    with pytest.raises(ValueError):
        clock.advance(-1)
