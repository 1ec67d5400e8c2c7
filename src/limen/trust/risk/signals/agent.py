"""What with: the user agent, its browser, its system, its class of device."""

from limen.trust.risk.history import History
from limen.trust.risk.likelihood import AGENT_OF
from limen.trust.risk.population import Population
from limen.trust.risk.records import AGENT, BROWSER, CLASS, SYSTEM, Finding, Sighting
from limen.trust.risk.signals.likelihoods import log_ratio
from limen.trust.risk.signals.signal import Signal


def _speaks(seen: Sighting, history: History, population: Population) -> Finding | None:
    ratio = log_ratio(AGENT_OF, seen, history, population)
    return None if ratio is None else Finding(AGENT_OF.name, ratio, _reason(seen, history))


def _reason(seen: Sighting, history: History) -> str:
    for level in (CLASS, SYSTEM, BROWSER, AGENT):
        if level in seen.values and not history.has(level, seen.values[level]):
            return f"risk.reason.new_{level}"
    return "risk.reason.rare_agent"


SIGNAL = Signal(AGENT_OF.name, _speaks)
