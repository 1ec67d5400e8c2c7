"""What was proven: attackers have passwords; few read somebody's mail, and hardly any hold somebody's passkey.

The model is calibrated to right passwords, so a password says nothing here.
"""

import math
from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Finding, Sighting
from limen.trust.risk.signals.signal import Signal

_RATIOS: Final = {"password": 0.0, "mailbox": math.log(0.5), "key": math.log(0.02)}


def _speaks(seen: Sighting, _: History, __: Population) -> Finding | None:
    ratio = _RATIOS.get(seen.proof)
    return None if ratio is None else Finding("proof", ratio)


SIGNAL = Signal("proof", _speaks)
