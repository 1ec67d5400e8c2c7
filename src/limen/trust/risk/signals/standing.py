"""What is known against the address: listed as hostile, an anonymiser, a machine in a data centre.

Customers use VPNs too: at a network that the customer came from before, only a listing counts in full.
"""

import math
from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import NETWORK, Finding, Sighting
from limen.trust.risk.signals.signal import Signal

_LISTED, _ANONYMISER, _HOSTING = math.log(12.0), math.log(5.0), math.log(3.0)
_KNOWN_NETWORK: Final = 0.25


def _speaks(seen: Sighting, history: History, _: Population) -> Finding | None:
    standing = seen.standing
    if standing.listed:
        return Finding("standing", _LISTED, "risk.reason.listed")
    if not standing.is_elsewhere:
        return None
    habit = _KNOWN_NETWORK if history.has(NETWORK, seen.values.get(NETWORK, "")) else 1.0
    if standing.anonymiser:
        return Finding("standing", _ANONYMISER * habit, "risk.reason.anonymiser")
    return Finding("standing", _HOSTING * habit, "risk.reason.hosting")


SIGNAL = Signal("standing", _speaks)
