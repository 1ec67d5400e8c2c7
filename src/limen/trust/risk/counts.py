"""Counts that fade, add up in any order, and are bounded.

A weight is worth half after a half-life. Two counts of the same thing are brought to the later of their instants and
added, so that what two workers counted apart is what one would have counted.
"""

import math
from collections.abc import Iterable, Mapping
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


def faded(weight: float, since: Instant, now: Instant) -> float:
    """Return what *weight* of the instant *since* is worth *now*; what lies ahead is not made heavier."""
    return weight * math.exp2(-max(0, now - since) / HALF_LIFE)


class Tally(msgspec.Struct, frozen=True, array_like=True):
    """How often something was seen: ``weight`` as it was at the instant ``at``."""

    weight: float
    at: Instant

    def now(self, now: Instant) -> float:
        """Return what it is worth *now*."""
        return faded(self.weight, self.at, now)

    def plus(self, other: "Tally") -> "Tally":
        """Return both together."""
        if not other.weight:
            return self
        if other.at < self.at:
            return Tally(self.weight + faded(other.weight, other.at, self.at), self.at)
        return Tally(faded(self.weight, self.at, other.at) + other.weight, other.at)


NOTHING: Final = Tally(0.0, 0)
Tallies = Mapping[str, Tally]


def merged(ours: Tallies, theirs: Tallies) -> dict[str, Tally]:
    """Return two counts together."""
    both = dict(ours)
    for key, tally in theirs.items():
        both[key] = both[key].plus(tally) if key in both else tally
    return both


def bounded(counts: Tallies, now: Instant, most: int = MOST_VALUES) -> dict[str, Tally]:
    """Return the *most* heaviest of *counts*, without what has faded away."""
    # As Tally.now has it, without two calls for each of the hundred that a sign-in weighs.
    weights = {key: one.weight * math.exp2(-max(0, now - one.at) / HALF_LIFE) for key, one in counts.items()}
    kept = [key for key, weight in weights.items() if weight >= FAINT]
    if len(kept) > most:
        kept = sorted(kept, key=lambda key: (-weights[key], key))[:most]
    return {key: counts[key] for key in kept}


def total(counts: Iterable[Tally], now: Instant) -> float:
    """Return what all of them weigh *now*."""
    return sum(tally.now(now) for tally in counts)
