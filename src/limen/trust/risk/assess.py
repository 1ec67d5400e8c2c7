"""The assessment: every signal is asked, their logarithms are added, the sum is calibrated."""

from collections.abc import Sequence

from limen.trust.risk.calibration import MODEL, probability
from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Assessment, Sighting
from limen.trust.risk.signals import SIGNALS, Signal


def assess(seen: Sighting, history: History, population: Population, signals: Sequence[Signal] = SIGNALS) -> Assessment:
    """Return what the model says of a sign-in: S(u,x) = ∏ p(xₖ|A)/p(xₖ|u,L) · p(u|A)/p(u|L), and the added signals."""
    spoken = (signal.speaks(seen, history, population) for signal in signals)
    findings = sorted((one for one in spoken if one is not None), key=lambda one: -one.log_ratio)
    score = sum(one.log_ratio for one in findings)
    return Assessment(score, probability(score), tuple(findings), MODEL)
