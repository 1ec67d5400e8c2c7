"""Counts that fade, add up in any order, and are bounded.

A weight is worth half after a half-life. Two counts of the same thing are brought to the later of their instants and
added, so that what two workers counted apart is what one would have counted.
"""

from collections.abc import Iterable, Mapping
from math import exp2
from typing import Final

import msgspec

from limen.kernel.clock import DAY, Instant

HALF_LIFE: Final = 90 * DAY
EPOCH: Final = 45 * DAY
"""How long values are hashed under one key."""
MOST_VALUES: Final = 24
"""Values that a customer's own history holds of one level: the faintest go first."""
FAINT: Final = 0.05
"""What weighs less is forgotten: a single sign-in after four half-lives."""


def epoch_of(now: Instant) -> int:
    """Return the number of the epoch of an instant."""
    return now // EPOCH


class Tally(msgspec.Struct, frozen=True, array_like=True):
    """How often something was seen: ``weight`` as it was at the instant ``at``."""

    weight: float
    at: Instant

    def now(self, now: Instant) -> float:
        """Return what it is worth *now*; what lies ahead is not made heavier."""
        age = now - self.at
        return self.weight * exp2(-age / HALF_LIFE) if age > 0 else self.weight

    def plus(self, other: "Tally") -> "Tally":
        """Return both together."""
        if not other.weight:
            return self
        age = other.at - self.at
        if age < 0:
            return Tally(self.weight + other.weight * exp2(age / HALF_LIFE), self.at)
        return Tally(self.weight * exp2(-age / HALF_LIFE) + other.weight, other.at)


NOTHING: Final = Tally(0.0, 0)
Tallies = Mapping[str, Tally]


def merged(ours: Tallies, theirs: Tallies) -> dict[str, Tally]:
    """Return two counts together."""
    both = dict(ours)
    for key, tally in theirs.items():
        both[key] = both[key].plus(tally) if key in both else tally
    return both


def with_one(counts: Tallies, key: str, one: Tally) -> dict[str, Tally]:
    """Return *counts* with *one* more of *key*."""
    return {**counts, key: counts[key].plus(one) if key in counts else one}


def bounded(counts: dict[str, Tally], now: Instant, most: int = MOST_VALUES) -> dict[str, Tally]:
    """Return the *most* heaviest of *counts*, without what has faded away."""
    weights: dict[str, float] = {}
    for key, one in counts.items():  # a hundred at a sign-in: as Tally.now has it, without its calls
        age = now - one.at
        weight = one.weight * exp2(-age / HALF_LIFE) if age > 0 else one.weight
        if weight >= FAINT:
            weights[key] = weight
    if len(weights) == len(counts) <= most:
        return counts
    kept = sorted(weights, key=lambda key: (-weights[key], key))[:most] if len(weights) > most else weights
    return {key: counts[key] for key in kept}


def total(counts: Iterable[Tally], now: Instant) -> float:
    """Return what all of them weigh *now*."""
    return sum(tally.now(now) for tally in counts)
