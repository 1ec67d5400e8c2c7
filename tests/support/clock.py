"""A clock that stands still until it is told."""

import asyncio

from limen.kernel.clock import SECOND, Instant

START: Instant = 1_800_000_000 * SECOND
"""2027-01-15T08:00:00Z: where tests begin."""


class ManualClock:
    """A :class:`limen.kernel.clock.Clock` that only moves when a test, or somebody's ``sleep``, moves it."""

    def __init__(self, start: Instant = START) -> None:
        """Stand at *start*, in microseconds UTC."""
        self._now = start
        self._elapsed = 0
        self.slept: list[float] = []
        """Every wait that was asked for, in seconds."""

    def now(self) -> Instant:
        """Return the present instant in microseconds."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds by which the clock was advanced."""
        return self._elapsed / SECOND

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass, which are not negative."""
        if seconds < 0:
            msg = "time does not go back; to test a clock that was set back, use set_back()"
            raise ValueError(msg)
        step = round(seconds * SECOND)
        self._now += step
        self._elapsed += step

    def set_back(self, seconds: float) -> None:
        """Move the wall clock alone back by *seconds*, as an administrator or NTP may."""
        self._now -= round(seconds * SECOND)

    async def sleep(self, seconds: float) -> None:
        """Let *seconds* pass at once, giving other tasks one turn."""
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)
