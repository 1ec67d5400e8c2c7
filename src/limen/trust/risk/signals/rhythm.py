"""When: the hour of the day and the kind of day, against the customer's own rhythm and everybody's."""

import math
from collections.abc import Mapping
from typing import Final

from limen.kernel.clock import Instant
from limen.trust.risk.counts import NOTHING, Tally
from limen.trust.risk.history import History, day_kind, hours_around
from limen.trust.risk.population import Population, Value
from limen.trust.risk.records import DAY_KIND, HOUR, Finding, Sighting
from limen.trust.risk.signals.signal import Signal

STRENGTH: Final = 8.0
"""Everybody's rhythm counts as so many sign-ins of the customer's own."""
MOST: Final = 1.5
"""A clock alone convicts nobody."""
_KERNEL: Final = (0.1, 0.2, 0.4, 0.2, 0.1)
"""What the hours around one count for it, the hour itself in the middle."""
_TOLD_FROM: Final = 0.5


def _speaks(seen: Sighting, history: History, population: Population) -> Finding | None:
    if history.is_empty:
        return None
    ratio = _hours(seen.at, history, population) + _days(seen.at, history, population)
    bounded = max(-MOST, min(MOST, ratio))
    return Finding("rhythm", bounded, "risk.reason.unusual_time" if bounded > _TOLD_FROM else "")


def _hours(at: Instant, history: History, population: Population) -> float:
    weighed = tuple(zip(_KERNEL, hours_around(at), strict=True))
    crowd = sum(weight * _share((HOUR, hour), 24, population) for weight, hour in weighed)
    own = sum(weight * _weight(history.hours, hour, at) for weight, hour in weighed)
    return math.log(crowd * (history.sign_ins.now(at) + STRENGTH) / (own + STRENGTH * crowd))


def _days(at: Instant, history: History, population: Population) -> float:
    kind = day_kind(at)
    crowd = _share((DAY_KIND, kind), 2, population)
    own = _weight(history.days, kind, at)
    return math.log(crowd * (history.sign_ins.now(at) + STRENGTH) / (own + STRENGTH * crowd))


def _weight(counts: Mapping[str, Tally], value: str, at: Instant) -> float:
    return counts.get(value, NOTHING).now(at)


def _share(value: Value, of: int, population: Population) -> float:
    """Return everybody's share of one of *of* values; alike where little was counted."""
    return (population.counts.get(value, 0.0) + 1.0) / (population.sign_ins + of)


SIGNAL = Signal("rhythm", _speaks)
