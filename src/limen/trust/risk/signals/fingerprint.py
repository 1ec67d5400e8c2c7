"""The browser by what it says of itself, hashed: whether it is like one that the customer signed in at.

Many browsers say the same, and whoever copies a customer's can say it too: so one that is like the customer's speaks
for them less than their cookie does. It counts where the cookie alone would mislead: a customer who deletes cookies is
at the browser that they always were at, and a cookie that comes from another browser was carried there.
Fingerprints are hashed under another key each epoch; at the beginning of one nothing is known, and nothing said.
"""

import math
from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import PRINT, Finding, Sighting
from limen.trust.risk.signals.signal import Signal

ALIKE: Final = 0.15
"""Of attackers, how many show what the customer's browser shows: by chance, or because they took care to."""
_PRIOR: Final = 6.0
"""What is believed before a customer showed any: one sign-in of six or so looks new."""
_AT_KNOWN, _AT_NEW = 0.8, 0.6
"""At a browser whose cookie is new it is less of news that it looks new."""


def _speaks(seen: Sighting, history: History, _: Population) -> Finding | None:
    mine, shown = history.prints(seen.at), seen.values.get(PRINT, "")
    if not mine or not shown:
        return None
    sign_ins = sum(tally.now(seen.at) for tally in mine.values())
    new = len(mine) / (max(sign_ins, len(mine)) + _PRIOR)
    told = _AT_KNOWN if seen.device in history.devices else _AT_NEW
    if shown in mine:
        return Finding("fingerprint", math.log(ALIKE / (1.0 - new)) * told)
    return Finding("fingerprint", math.log((1.0 - ALIKE) / new) * told, "risk.reason.new_fingerprint")


SIGNAL = Signal("fingerprint", _speaks)
