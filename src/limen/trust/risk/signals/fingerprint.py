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

ALIKE, ALIKE_OF_THIEVES = 0.25, 0.5
"""Of attackers, how many show what a customer's browser shows, by chance or by care; more of those with its cookie."""
_LOST: Final = 0.4
"""Of customers whose cookie is new, at how many it was deleted: they are at the browser that they always were at."""
_PRIOR: Final = 6.0
"""What is believed before a customer showed any: one sign-in of seven looks new at a browser that is not."""


def _speaks(seen: Sighting, history: History, _: Population) -> Finding | None:
    shown = seen.values.get(PRINT, "")
    if not shown or not (mine := history.prints(seen.at)):
        return None
    attackers, customers = ALIKE, _LOST
    if seen.device in history.devices:
        sign_ins = sum(tally.now(seen.at) for tally in mine.values())
        attackers, customers = ALIKE_OF_THIEVES, 1.0 - len(mine) / (max(sign_ins, len(mine)) + _PRIOR)
    if shown in mine:
        return Finding("fingerprint", math.log(attackers / customers))
    return Finding("fingerprint", math.log((1.0 - attackers) / (1.0 - customers)), "risk.reason.new_fingerprint")


SIGNAL = Signal("fingerprint", _speaks)
