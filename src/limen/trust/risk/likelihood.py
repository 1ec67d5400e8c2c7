"""The likelihood of a feature with sub-features: Freeman et al. (NDSS 2016, §IV), smoothed by back-off.

A feature is seen at several levels at once (an address, its network, its country). At each level a value that was seen
has the share ``cnt/n · (1 − M/(n+M))`` and one that was not ``1/(n+M)``, where M is how many of this feature's levels
show a value that the history lacks: the more of the hierarchy is new, the less is left for what is known. The feature's
likelihood is the weighted sum over its levels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from limen.trust.risk.records import ADDRESS, AGENT, BROWSER, CLASS, COUNTRY, NETWORK, SYSTEM


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature and the weights of its levels, which sum to one, the finest first."""

    name: str
    weights: Mapping[str, float]


ORIGIN: Final = Feature("origin", {ADDRESS: 0.6, NETWORK: 0.3, COUNTRY: 0.1})
AGENT_OF: Final = Feature("agent", {AGENT: 0.53867, BROWSER: 0.26805, SYSTEM: 0.18818, CLASS: 0.00511})
"""The weights that Wiefling et al. (TOPS 2022) optimised."""


def likelihood(feature: Feature, values: Mapping[str, str], counts: Mapping[str, float], total: float) -> float:
    """Return p(x) of the *values* of a feature in a history.

    Args:
        feature: which, with the weights of its levels.
        values: level to value; a level without one is left out, and the weights of the others stand for it.
        counts: level to how often its value was seen there.
        total: how many sign-ins the history holds; more than nothing.
    """
    unseen, known, likely = 0, 0.0, 0.0
    for level, weight in feature.weights.items():
        if level in values:
            known += weight
            unseen += counts.get(level, 0.0) <= 0
    of_new, left = 1.0 / (total + max(1, unseen)), 1.0 - unseen / (total + unseen)
    for level, weight in feature.weights.items():
        if level in values:
            count = counts.get(level, 0.0)
            likely += weight * (count / total * left if count > 0 else of_new)
    return likely / known if known > 0 else 1.0
