"""How somebody types and points, against the customer's own way and everybody's.

A few words of each (:mod:`limen.trust.risk.manner`), which a script makes of what it sees, and which a script can make
up: never a proof of anybody.
"""

from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.manner import POINTERS, TYPINGS
from limen.trust.risk.population import Population
from limen.trust.risk.records import POINTER, TYPING, Finding, Sighting
from limen.trust.risk.signals.habits import habit_ratio
from limen.trust.risk.signals.signal import Signal

LEAST, MOST = -0.7, 1.5
_TOLD_FROM: Final = 0.5


def _speaks(seen: Sighting, history: History, population: Population) -> Finding | None:
    typing = habit_ratio(TYPING, len(TYPINGS), seen, history, population)
    pointer = habit_ratio(POINTER, len(POINTERS), seen, history, population)
    if typing is None and pointer is None:
        return None
    bounded = max(LEAST, min(MOST, (typing or 0.0) + (pointer or 0.0)))
    return Finding("behaviour", bounded, "risk.reason.unusual_behaviour" if bounded > _TOLD_FROM else "")


SIGNAL = Signal("behaviour", _speaks)
