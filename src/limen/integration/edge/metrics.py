"""HTTP metrics, counted in plain dictionaries and folded when somebody scrapes.

A hot door answers in tens of microseconds; two labelled objects of a metrics library would cost it five of them. One
dictionary look-up and a bisection cost one. Labels come from bounded sets: door names and route templates, known
methods, status codes; never from what a client sent.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, Protocol

BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds in seconds."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observer(Protocol):
    """Who is told of each answer."""

    def observe(self, door: str, method: str, status: int, seconds: float) -> None:
        """Note one answer of *door* after *seconds*."""
        ...


class HttpMetrics:
    """Counters of answers by door, method and status, and of their duration by door."""

    __slots__ = ("_answers", "_durations")

    def __init__(self) -> None:
        """Begin at zero."""
        self._answers: dict[tuple[str, str, int], int] = {}
        self._durations: dict[str, list[float]] = {}

    def observe(self, door: str, method: str, status: int, seconds: float) -> None:
        """Note one answer of *door* after *seconds*."""
        key = (door, method if method in _METHODS else "other", status)
        self._answers[key] = self._answers.get(key, 0) + 1
        durations = self._durations.get(door)
        if durations is None:
            durations = self._durations[door] = [0.0] * (len(BUCKETS) + 2)
        durations[bisect_left(BUCKETS, seconds)] += 1
        durations[-1] += seconds

    def answers(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield door, method, status and count."""
        for (door, method, status), count in list(self._answers.items()):
            yield door, method, str(status), count

    def durations(self) -> Iterator[tuple[str, list[tuple[str, float]], float]]:
        """Yield door, cumulated buckets (``le``, count) and the sum in seconds."""
        for door, counts in list(self._durations.items()):
            total = 0.0
            buckets: list[tuple[str, float]] = []
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts[:-1], strict=True):
                total += count
                buckets.append((bound, total))
            yield door, buckets, counts[-1]
