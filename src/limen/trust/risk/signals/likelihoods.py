"""What origin and agent have in common: p(x|A) over p(x|u,L) of a feature with levels."""

import math
from collections.abc import Mapping
from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.likelihood import Feature, likelihood
from limen.trust.risk.population import Population, Value
from limen.trust.risk.records import Sighting

ATTACKS_BELIEVED: Final = 200.0
"""After so many sign-ins that were turned away, what attackers show counts as much as what everybody shows."""
MOST_BELIEVED: Final = 0.8


def log_ratio(feature: Feature, seen: Sighting, history: History, population: Population) -> float | None:
    """Return the logarithm of p(x|A)/p(x|u,L); None where the customer or the value is unknown.

    Without attack data p(x|A) is p(x), as in Wiefling et al. (TOPS 2022): attackers look like everybody. With the
    tenant's own, it is a mixture of both, and what attackers show gains weight with how much of it there is.
    """
    values = {level: seen.values[level] for level in feature.weights if level in seen.values}
    if not values or history.is_empty:
        return None
    own = likelihood(feature, values, history.counts(values, seen.at), history.sign_ins.now(seen.at))
    total = max(population.sign_ins, 1.0)
    everybody = likelihood(feature, values, _of(values, population.counts), total)
    if population.attacks <= 0:
        return math.log(everybody / own)
    theirs = likelihood(feature, values, _of(values, population.attacked), population.attacks)
    weight = MOST_BELIEVED * population.attacks / (population.attacks + ATTACKS_BELIEVED)
    return math.log(((1.0 - weight) * everybody + weight * theirs) / own)


def _of(values: Mapping[str, str], counts: Mapping[Value, float]) -> dict[str, float]:
    return {level: counts.get((level, value), 0.0) for level, value in values.items()}
