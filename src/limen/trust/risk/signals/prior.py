"""Whose account: ``p(u|A) / p(u|L)``, with ``p(u|A) = 1/|U|`` and ``p(u|L) = n_u/n`` (Freeman et al., §III).

An attacker picks any account; a sign-in belongs more likely to a customer who often signs in.
"""

import math

from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Finding, Sighting
from limen.trust.risk.signals.signal import Signal

_TOLD_FROM = 0.7


def _speaks(seen: Sighting, history: History, population: Population) -> Finding | None:
    if history.last is None or population.customers < 1 or population.sign_ins < 1:
        return None
    own = history.sign_ins.now(seen.at)
    ratio = math.log(population.sign_ins / (population.customers * own))
    return Finding("prior", ratio, "risk.reason.rare_customer" if ratio > _TOLD_FROM else "")


SIGNAL = Signal("prior", _speaks)
