"""The assessment: every signal is asked, their logarithms are added, the sum is calibrated."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from limen.trust.risk.calibration import MODEL, probability
from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Assessment, Finding, Sighting
from limen.trust.risk.signals import SIGNALS, Signal

_log_ratio: Final = attrgetter("log_ratio")


def assess(seen: Sighting, history: History, population: Population, signals: Sequence[Signal] = SIGNALS) -> Assessment:
    """Return what the model says of a sign-in: S(u,x) = ∏ p(xₖ|A)/p(xₖ|u,L) · p(u|A)/p(u|L), and the added signals."""
    findings: list[Finding] = []
    for signal in signals:
        found = signal.speaks(seen, history, population)
        if found is not None:
            findings.append(found)
    findings.sort(key=_log_ratio, reverse=True)
    score = sum(map(_log_ratio, findings))
    return Assessment(score, probability(score), tuple(findings), MODEL)
