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


def plain_ratio(feature: Feature, seen: Sighting, history: History, population: Population) -> float | None:
    """Return the logarithm of p(x)/p(x|u,L), as Freeman et al. have it; None where customer or value is unknown."""
    weights, values = feature.weights, seen.values
    if weights.keys().isdisjoint(values) or history.last is None:
        return None
    counts = {level: population.counts.get((level, values[level]), 0.0) for level in weights if level in values}
    everybody = likelihood(feature, values, counts, max(population.sign_ins, 1.0))
    return math.log(everybody / _own(feature, seen, history))


def log_ratio(feature: Feature, seen: Sighting, history: History, population: Population) -> float | None:
    """Return the logarithm of p(x|A)/p(x|u,L); None where customer or value is unknown.

    Two things go beyond :func:`plain_ratio`. ``1/(n+M)`` is the likelihood that a customer shows anything new, not
    this very value; held against p(x) of a rare value it would speak *for* whoever comes from where nobody does. So a
    level that is new to the customer is held against the likelihood that an attacker shows anything else than the
    customer's usual value. And what the tenant's own attackers showed joins what everybody shows, the more of it there
    is the more it counts.
    """
    weights, values, usual = feature.weights, seen.values, dict[str, str]()
    if weights.keys().isdisjoint(values) or history.last is None:
        return None
    for level in weights:
        if level in values and values[level] not in history.values.get(level, ()):
            usual[level] = history.usual(level)
    attacker = _of_others(feature, values, usual, (population.counts, population.sign_ins))
    if population.attacks > 0:
        weight = MOST_BELIEVED * population.attacks / (population.attacks + ATTACKS_BELIEVED)
        theirs = _of_others(feature, values, usual, (population.attacked, population.attacks))
        attacker = (1.0 - weight) * attacker + weight * theirs
    return math.log(attacker / _own(feature, seen, history))


def _own(feature: Feature, seen: Sighting, history: History) -> float:
    counts = history.counts(feature.weights, seen.values, seen.at)
    return likelihood(feature, seen.values, counts, history.sign_ins.now(seen.at))


def _of_others(
    feature: Feature, values: Mapping[str, str], usual: Mapping[str, str], counted: tuple[Mapping[Value, float], float]
) -> float:
    """Return how likely somebody else shows such *values*: those that the customer has, or anything that they lack.

    *usual* is, of each level whose value is new to the customer, what they usually show.
    """
    counts, total = counted[0], max(counted[1], 1.0)
    likely = known = 0.0
    for level, weight in feature.weights.items():
        if level not in values:
            continue
        count = counts.get((level, values[level]), 0.0)
        shown = count / total if count > 0 else 1.0 / (total + 1.0)
        if level in usual:
            shown = max(shown, 1.0 - min(1.0, counts.get((level, usual[level]), 0.0) / total))
        known += weight
        likely += weight * shown
    return likely / known
