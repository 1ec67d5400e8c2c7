"""Where from: address, network and country."""

from limen.trust.risk.history import History
from limen.trust.risk.likelihood import ORIGIN
from limen.trust.risk.population import Population
from limen.trust.risk.records import ADDRESS, COUNTRY, NETWORK, Finding, Sighting
from limen.trust.risk.signals.likelihoods import log_ratio, plain_ratio
from limen.trust.risk.signals.signal import Signal

_WEIGHT = 1.3
"""What it counts beside the others, weighed on simulated traffic."""


def _speaks(seen: Sighting, history: History, population: Population) -> Finding | None:
    ratio = log_ratio(ORIGIN, seen, history, population)
    return None if ratio is None else Finding(ORIGIN.name, ratio * _WEIGHT, _reason(seen, history))


def _reason(seen: Sighting, history: History) -> str:
    """Return the coarsest level that is new: it says the most."""
    for level in (COUNTRY, NETWORK, ADDRESS):
        if level in seen.values and not history.has(level, seen.values[level]):
            return f"risk.reason.new_{level}"
    return "risk.reason.rare_origin"


SIGNAL = Signal(ORIGIN.name, _speaks)


def _plain(seen: Sighting, history: History, population: Population) -> Finding | None:
    ratio = plain_ratio(ORIGIN, seen, history, population)
    return None if ratio is None else Finding(ORIGIN.name, ratio, _reason(seen, history))


PLAIN = Signal(ORIGIN.name, _plain)
"""As Freeman et al. have it."""
