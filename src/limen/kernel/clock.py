"""Time is asked for, never taken: every component receives a :class:`Clock`.

Instants are UTC integers in microseconds since the Unix epoch, everywhere, the database included.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

Instant = int
"""Microseconds since 1970-01-01T00:00:00Z."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """Where instants, durations and waiting come from."""

    def now(self) -> Instant:
        """Return the present instant in microseconds, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for *seconds*; zero or less yields once."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        """Return the present instant in microseconds, UTC."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Return the monotonic clock in seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for *seconds*."""
        await asyncio.sleep(max(0.0, seconds))


def to_seconds(instant: Instant) -> int:
    """Return *instant* as whole Unix seconds (a JWT NumericDate, RFC 7519 §2)."""
    return instant // SECOND


def to_datetime(instant: Instant) -> datetime:
    """Return *instant* as an aware UTC datetime."""
    return datetime.fromtimestamp(instant / SECOND, tz=UTC)


def from_datetime(moment: datetime) -> Instant:
    """Return an aware *moment* as an instant."""
    return (moment - datetime.fromtimestamp(0, tz=UTC)) // timedelta(microseconds=1)


def micros(duration: timedelta) -> int:
    """Return *duration* in microseconds."""
    return duration // timedelta(microseconds=1)
