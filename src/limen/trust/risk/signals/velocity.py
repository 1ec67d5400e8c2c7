"""How fast: the way since the last sign-in over the time that it took.

Geography by address is rough, and a mobile carrier's is rougher: its customers come out at a gateway, which may be at
the other end of the country. So short ways say nothing, nor do longer ones where either end is a carrier's. A VPN moves
nobody: what comes out of one, or of a data centre, says less, and is not where the next way begins. Nor does a network
say as much that the customer came from before.
"""

import math
from typing import Final

from limen.kernel.clock import HOUR
from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import NETWORK, Finding, Place, Sighting
from limen.trust.risk.signals.signal import Signal

EARTH_KM: Final = 6_371.0
ROUGH_KM: Final = 300.0
"""Within so far geography is not to be trusted."""
CARRIER_KM: Final = 1_000.0
"""Nor within so far where it goes by the gateway of a mobile carrier."""
FLIGHT_KMH, IMPOSSIBLE_KMH = 500.0, 1_000.0
_SHORTEST_HOURS: Final = 1 / 12
_FAST, _IMPOSSIBLE = math.log(3.0), math.log(30.0)
_KNOWN_NETWORK: Final = 0.25


def kilometres(one: Place, other: Place) -> float:
    """Return the great-circle distance (haversine)."""
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    half = math.radians(other.longitude - one.longitude) / 2
    chord = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(half) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


def _speaks(seen: Sighting, history: History, _: Population) -> Finding | None:
    before = history.last
    if before is None or before.place is None or seen.place is None:
        return None
    way = kilometres(before.place, seen.place)
    if way <= (CARRIER_KM if before.by_carrier or seen.standing.carrier else ROUGH_KM):
        return Finding("velocity", 0.0)
    speed = way / max(_SHORTEST_HOURS, (seen.at - before.at) / HOUR)
    if speed < FLIGHT_KMH:
        return Finding("velocity", 0.0)
    is_impossible = speed >= IMPOSSIBLE_KMH
    ratio = _IMPOSSIBLE if is_impossible else _FAST
    if seen.standing.is_elsewhere or history.has(NETWORK, seen.values.get(NETWORK, "")):
        ratio *= _KNOWN_NETWORK
    return Finding("velocity", ratio, "risk.reason.impossible_travel" if is_impossible else "risk.reason.fast_travel")


SIGNAL = Signal("velocity", _speaks)
