"""How old the account is, and how long it lay still.

One that nobody has looked after is worth taking, and nobody would notice. One that is new has been in no breach yet,
and whoever guesses or buys passwords does not know of it.
"""

from typing import Final

from limen.kernel.clock import DAY
from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Finding, Sighting
from limen.trust.risk.signals.signal import Signal
from limen.trust.risk.signals.stairs import Stairs

_STILL: Final = Stairs.of((0, 1.0), (90, 1.3), (180, 2.0), (365, 3.0))
"""From how many days on, and how much likelier it is then an attacker who comes."""
_YOUNG: Final = Stairs.of((0, 0.7), (1, 0.85), (7, 1.0))
"""From how many days after the first sign-in on, likewise."""


def _speaks(seen: Sighting, history: History, _: Population) -> Finding | None:
    if history.last is None:
        return None
    still = _STILL.log((seen.at - history.last.at) // DAY)
    young = _YOUNG.log((seen.at - history.first_at) // DAY)
    return Finding("age", still + young, "risk.reason.dormant" if still > 0.0 else "")


SIGNAL = Signal("age", _speaks)
