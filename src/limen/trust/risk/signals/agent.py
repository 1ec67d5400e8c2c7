"""What with: the user agent, its browser, its system, its class of device."""

from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.likelihood import AGENT_OF
from limen.trust.risk.population import Population
from limen.trust.risk.records import AGENT, BROWSER, CLASS, SYSTEM, Finding, Sighting
from limen.trust.risk.signals.likelihoods import log_ratio, plain_ratio
from limen.trust.risk.signals.signal import Signal

_NEW: Final = {
    CLASS: "risk.reason.new_class",
    SYSTEM: "risk.reason.new_system",
    BROWSER: "risk.reason.new_browser",
    AGENT: "risk.reason.new_agent",
}
_AT_KNOWN, _AT_NEW = 0.5, 0.25
"""The agent says again what the cookie says: at a browser that is new, it is no news that its agent is, too."""


def _speaks(seen: Sighting, history: History, population: Population) -> Finding | None:
    ratio = log_ratio(AGENT_OF, seen, history, population)
    if ratio is None:
        return None
    told = _AT_KNOWN if seen.device in history.devices else _AT_NEW
    return Finding(AGENT_OF.name, ratio * told, _reason(seen, history))


def _reason(seen: Sighting, history: History) -> str:
    for level, reason in _NEW.items():
        if level in seen.values and seen.values[level] not in history.values.get(level, ()):
            return reason
    return "risk.reason.rare_agent"


SIGNAL = Signal(AGENT_OF.name, _speaks)


def _plain(seen: Sighting, history: History, population: Population) -> Finding | None:
    ratio = plain_ratio(AGENT_OF, seen, history, population)
    return None if ratio is None else Finding(AGENT_OF.name, ratio, _reason(seen, history))


PLAIN = Signal(AGENT_OF.name, _plain)
"""As Freeman et al. have it."""
