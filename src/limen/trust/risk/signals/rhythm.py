"""When: the hour of the day and the kind of day, against the customer's own rhythm and everybody's."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from limen.kernel.clock import Instant
from limen.trust.risk.counts import NOTHING, Tally
from limen.trust.risk.history import HOURS, History, day_kind, hour_of
from limen.trust.risk.population import Population
from limen.trust.risk.records import DAY_KIND, HOUR, Finding, Sighting
from limen.trust.risk.signals.signal import Signal

STRENGTH: Final = 8.0
"""Everybody's rhythm counts as so many sign-ins of the customer's own."""
MOST: Final = 1.5
"""A clock alone convicts nobody."""
_DAYS: Final = ("weekday", "weekend")
_KERNEL: Final = ((-2, 0.1), (-1, 0.2), (0, 0.4), (1, 0.2), (2, 0.1))
_TOLD_FROM: Final = 0.5


def _speaks(seen: Sighting, history: History, population: Population) -> Finding | None:
    if history.is_empty:
        return None
    ratio = _hours(seen.at, history, population) + _days(seen.at, history, population)
    bounded = max(-MOST, min(MOST, ratio))
    return Finding("rhythm", bounded, "risk.reason.unusual_time" if bounded > _TOLD_FROM else "")


def _hours(at: Instant, history: History, population: Population) -> float:
    hour = int(hour_of(at))
    everybody = _shares(HOUR, HOURS, population)
    crowd = sum(weight * everybody[(hour + step) % 24] for step, weight in _KERNEL)
    own = sum(weight * _weight(history.hours, str((hour + step) % 24), at) for step, weight in _KERNEL)
    return math.log(crowd * (history.sign_ins.now(at) + STRENGTH) / (own + STRENGTH * crowd))


def _days(at: Instant, history: History, population: Population) -> float:
    kind = day_kind(at)
    crowd = _shares(DAY_KIND, _DAYS, population)[_DAYS.index(kind)]
    own = _weight(history.days, kind, at)
    return math.log(crowd * (history.sign_ins.now(at) + STRENGTH) / (own + STRENGTH * crowd))


def _weight(counts: Mapping[str, Tally], value: str, at: Instant) -> float:
    return counts.get(value, NOTHING).now(at)


def _shares(level: str, values: Sequence[str], population: Population) -> list[float]:
    """Return everybody's share of each of *values*; alike where little was counted."""
    counts = [population.counts.get((level, value), 0.0) + 1.0 for value in values]
    whole = sum(counts)
    return [count / whole for count in counts]


SIGNAL = Signal("rhythm", _speaks)
