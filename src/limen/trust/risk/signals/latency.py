"""How far away the browser is by its handshake: a VPN or a proxy moves an address, and makes the way longer."""

from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.manner import ROUND_TRIPS
from limen.trust.risk.population import Population
from limen.trust.risk.records import ROUND_TRIP, Finding, Sighting
from limen.trust.risk.signals.habits import habit_ratio
from limen.trust.risk.signals.signal import Signal

LEAST, MOST = -0.7, 1.5
"""A line is slow for many reasons, and a page says what it is told to."""
_TOLD_FROM: Final = 0.5


def _speaks(seen: Sighting, history: History, population: Population) -> Finding | None:
    ratio = habit_ratio(ROUND_TRIP, len(ROUND_TRIPS), seen, history, population)
    if ratio is None:
        return None
    bounded = max(LEAST, min(MOST, ratio))
    return Finding("latency", bounded, "risk.reason.unusual_latency" if bounded > _TOLD_FROM else "")


SIGNAL = Signal("latency", _speaks)
