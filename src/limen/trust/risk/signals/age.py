"""How long the account lay still: one that nobody has looked after is worth taking, and nobody would notice."""

import math
from typing import Final

from limen.kernel.clock import DAY
from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Finding, Sighting
from limen.trust.risk.signals.signal import Signal

_STILL: Final = ((0, 1.0), (90, 1.3), (180, 2.0), (365, 3.0))
"""From how many days on, and how much likelier it is then an attacker who comes."""


def _speaks(seen: Sighting, history: History, _: Population) -> Finding | None:
    if history.last is None:
        return None
    days = max(0, seen.at - history.last.at) // DAY
    ratio = max((row for row in _STILL if row[0] <= days), key=lambda row: row[0])[1]
    return Finding("age", math.log(ratio), "risk.reason.dormant" if ratio > 1.0 else "")


SIGNAL = Signal("age", _speaks)
