"""Whether the password that was typed is known from a breach: then others have it too."""

import math
from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Finding, Sighting
from limen.trust.risk.signals.signal import Signal

_RATIO: Final = math.log(6.0)


def _speaks(seen: Sighting, _: History, __: Population) -> Finding | None:
    return Finding("breached", _RATIO, "risk.reason.breached") if seen.breached else None


SIGNAL = Signal("breached", _speaks)
