"""When: the hour of the day and the kind of day, against the customer's own rhythm and everybody's."""

import math
from typing import Final

from limen.kernel.clock import Instant
from limen.trust.risk.history import History, day_kind, hours_around
from limen.trust.risk.population import Population
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
    if history.last is None:
        return None
    sign_ins = history.sign_ins.now(seen.at)
    ratio = _hours(seen.at, sign_ins, history, population) + _days(seen.at, sign_ins, history, population)
    bounded = max(-MOST, min(MOST, ratio))
    return Finding("rhythm", bounded, "risk.reason.unusual_time" if bounded > _TOLD_FROM else "")


def _hours(at: Instant, sign_ins: float, history: History, population: Population) -> float:
    crowd = own = 0.0
    counts, everybody = population.counts, population.sign_ins + 24  # alike where little was counted
    for weight, hour in zip(_KERNEL, hours_around(at), strict=True):
        crowd += weight * ((counts.get((HOUR, hour), 0.0) + 1.0) / everybody)
        if hour in history.hours:
            own += weight * history.hours[hour].now(at)
    return _ratio(crowd, own, sign_ins)


def _days(at: Instant, sign_ins: float, history: History, population: Population) -> float:
    kind = day_kind(at)
    crowd = (population.counts.get((DAY_KIND, kind), 0.0) + 1.0) / (population.sign_ins + 2)
    own = history.days[kind].now(at) if kind in history.days else 0.0
    return _ratio(crowd, own, sign_ins)


def _ratio(crowd: float, own: float, sign_ins: float) -> float:
    """Return everybody's share over the customer's own, which *own* of their *sign_ins* give."""
    return math.log(crowd * (sign_ins + STRENGTH) / (own + STRENGTH * crowd))


SIGNAL = Signal("rhythm", _speaks)
