"""What a habit says: one of a few words against the customer's own share of it and everybody's."""

import math
from typing import Final

from limen.trust.risk.counts import NOTHING, total
from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Sighting

STRENGTH: Final = 6.0
"""Everybody's habits count as so many sign-ins of the customer's own."""


def habit_ratio(level: str, words: int, seen: Sighting, history: History, population: Population) -> float | None:
    """Return the logarithm of everybody's share of a word over the customer's own; None where either is not known.

    Args:
        level: of what, a level of the sighting's values.
        words: how many words there are.
        seen: the sighting.
        history: the customer's.
        population: everybody's counters.
    """
    value, mine = seen.values.get(level), history.values.get(level)
    if value is None or not mine:
        return None
    told = population.counts.get((level, ""), 0.0)
    crowd = (population.counts.get((level, value), 0.0) + 1.0) / (told + words)
    own = mine.get(value, NOTHING).now(seen.at)
    return math.log(crowd * (total(mine.values(), seen.at) + STRENGTH) / (own + STRENGTH * crowd))
