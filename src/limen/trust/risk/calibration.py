"""From a score to a probability.

The signals are not independent, as their product supposes, so the score is too sure of itself. A logistic curve that
was fitted to simulated traffic (Platt 1999; ``python -m bench.risk --fit``, never on the reporting set) mends that; the
share of attacks among sign-ins with the right proof is an assumption, and stated.
"""

import math
from typing import Final

MODEL: Final = "2026.2"
"""The version of signals, weights and curve together: a decision names the one that made it."""
PREVALENCE: Final = 0.001
"""Of sign-ins with the right proof, how many are taken to be an attacker's."""
SLOPE: Final = 1.0
OFFSET: Final = -1.0
"""The curve's, for as many attacks as customers; :data:`PREVALENCE` is put on top."""


def probability(score: float) -> float:
    """Return the probability that a sign-in of this score is an attacker's."""
    logit = SLOPE * score + OFFSET + math.log(PREVALENCE / (1.0 - PREVALENCE))
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    grown = math.exp(max(logit, -700.0))
    return grown / (1.0 + grown)
