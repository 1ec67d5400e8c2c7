"""The browser by its cookie: whether it is one that the customer signed in at.

The cookie is ours, random, and proven by a secret that changes at every proof; an attacker who knows everything else
about a customer has it only from the device itself.
"""

import math
from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Finding, Sighting
from limen.trust.risk.signals.signal import Signal

STOLEN: Final = 0.005
"""Of attackers, how many hold a cookie of the customer's: by malware, as a rule."""
_PRIOR_NEW, _PRIOR_ALL = 1.0, 12.0
"""What is believed of a customer of whom little is known: one sign-in of twelve is at a new browser."""


def _speaks(seen: Sighting, history: History, _: Population) -> Finding | None:
    if history.last is None or seen.device is None:
        return None
    new, sign_ins = history.new_devices.now(seen.at), history.sign_ins.now(seen.at)
    customer_is_new = (new + _PRIOR_NEW) / (max(sign_ins, new) + _PRIOR_ALL)
    if seen.device in history.devices:
        return Finding("device", math.log(STOLEN / (1.0 - customer_is_new)))
    return Finding("device", math.log((1.0 - STOLEN) / customer_is_new), "risk.reason.new_device")


SIGNAL = Signal("device", _speaks)
