"""Where from: address, network and country."""

from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.likelihood import ORIGIN
from limen.trust.risk.population import Population
from limen.trust.risk.records import ADDRESS, COUNTRY, NETWORK, Finding, Sighting
from limen.trust.risk.signals.likelihoods import log_ratio, plain_ratio
from limen.trust.risk.signals.signal import Signal

_NEW: Final = {
    COUNTRY: "risk.reason.new_country",
    NETWORK: "risk.reason.new_network",
    ADDRESS: "risk.reason.new_address",
}
"""The coarsest first: it says the most."""
_WEIGHT = 1.3
"""What it counts beside the others, weighed on simulated traffic."""


def _speaks(seen: Sighting, history: History, population: Population) -> Finding | None:
    ratio = log_ratio(ORIGIN, seen, history, population)
    return None if ratio is None else Finding(ORIGIN.name, ratio * _WEIGHT, _reason(seen, history))


def _reason(seen: Sighting, history: History) -> str:
    for level, reason in _NEW.items():
        if level in seen.values and seen.values[level] not in history.values.get(level, ()):
            return reason
    return "risk.reason.rare_origin"


SIGNAL = Signal(ORIGIN.name, _speaks)


def _plain(seen: Sighting, history: History, population: Population) -> Finding | None:
    ratio = plain_ratio(ORIGIN, seen, history, population)
    return None if ratio is None else Finding(ORIGIN.name, ratio, _reason(seen, history))


PLAIN = Signal(ORIGIN.name, _plain)
"""As Freeman et al. have it."""
