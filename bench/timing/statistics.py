"""Whether two kinds of answers take the same time: robust, paired, and with a bound on false alarms.

Samples come in blocks: one of each kind, in a random order, one after the other. A slow minute of the machine hits a
whole block, so that what counts is the difference inside of blocks.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median, quantiles
from typing import Final

CONFIDENCE: Final = 0.999
RESAMPLES: Final = 2_000
ALPHA: Final = 1e-4
"""Some sixty comparisons are made in a run, and what looks like a leak is asked for again."""

Pair = tuple[float, float]
Figure = Callable[[Sequence[Pair]], float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure in seconds and its bootstrap interval."""

    value: float
    low: float
    high: float

    def is_beyond(self, tolerance: float) -> bool:
        """Tell whether it is not nothing, beyond doubt, and more than *tolerance*."""
        return not self.low <= 0 <= self.high and abs(self.value) > tolerance

    def is_within(self, resolution: float) -> bool:
        """Tell whether, beyond doubt, it is no more than *resolution* either way."""
        return max(abs(self.low), abs(self.high)) <= resolution


@dataclass(frozen=True, slots=True)
class Difference:
    """How one kind of answers differs from another; in seconds.

    Attributes:
        blocks: how many pairs.
        typical: the median of the differences inside of blocks.
        floor: the difference of the first quartiles: noise only ever adds, so that the quick answers tell the most.
        spread: the greatest difference of all three quartiles, in which it shows who waits longer more often.
        p: how probable such a difference is where there is none (Mann-Whitney, both sides).
    """

    blocks: int
    typical: Estimate
    floor: Estimate
    spread: float
    p: float

    def is_leak(self, tolerance: float) -> bool:
        """Tell whether the two kinds can be told apart by more than *tolerance* seconds."""
        differs = self.p < ALPHA and abs(self.spread) > tolerance
        return differs or self.typical.is_beyond(tolerance) or self.floor.is_beyond(tolerance)

    def is_same(self, resolution: float) -> bool:
        """Tell whether enough was asked to say that a difference of *resolution* seconds would have been seen."""
        return self.typical.is_within(resolution) and self.floor.is_within(resolution)


def compare(these: Sequence[float], those: Sequence[float], seed: int = 0) -> Difference:
    """Return how *these* differ from *those*; both hold one sample of each block, in order."""
    pairs = list(zip(these, those, strict=True))
    quartiles = zip(quantiles(these, n=4), quantiles(those, n=4), strict=True)
    typical, floor = bootstrap(pairs, (_typical, _floor), seed)
    return Difference(
        blocks=len(pairs),
        typical=typical,
        floor=floor,
        spread=max((one - other for one, other in quartiles), key=abs),
        p=mann_whitney(these, those),
    )


def _typical(pairs: Sequence[Pair]) -> float:
    return median(one - other for one, other in pairs)


def _floor(pairs: Sequence[Pair]) -> float:
    place, (these, those) = len(pairs) // 4, zip(*pairs, strict=True)
    return sorted(these)[place] - sorted(those)[place]


def bootstrap(pairs: Sequence[Pair], figures: Sequence[Figure], seed: int) -> Iterator[Estimate]:
    """Yield each of *figures* of *pairs* with its percentile interval over resampled blocks, the same for all."""
    chance, count = Random(seed), len(pairs)
    drawn = (chance.choices(pairs, k=count) for _ in range(RESAMPLES))
    found = zip(*([figure(chosen) for figure in figures] for chosen in drawn), strict=True)
    outside = int(RESAMPLES * (1 - CONFIDENCE) / 2)
    for figure, values in zip(figures, map(sorted, found), strict=True):
        yield Estimate(figure(pairs), values[outside], values[-1 - outside])


def mann_whitney(these: Sequence[float], those: Sequence[float]) -> float:
    """Return the two-sided p of the rank-sum test, by its normal approximation corrected for ties."""
    ranks, ties = ranked([*these, *those])
    few, many, count = len(these), len(those), len(these) + len(those)
    statistic = sum(ranks[:few]) - few * (few + 1) / 2
    variance = few * many / 12 * (count + 1 - ties / (count * (count - 1)))
    if variance <= 0:
        return 1.0
    deviation = abs(statistic - few * many / 2) / math.sqrt(variance)
    return math.erfc(deviation / math.sqrt(2))


def ranked(values: Sequence[float]) -> tuple[list[float], float]:
    """Return the rank of each value, equal ones sharing theirs, and the sum of ``t³ - t`` over groups of equal ones."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, ties, begin = [0.0] * len(values), 0.0, 0
    while begin < len(order):
        end = begin
        while end < len(order) and values[order[end]] == values[order[begin]]:
            end += 1
        for place in order[begin:end]:
            ranks[place] = (begin + end + 1) / 2
        ties += (end - begin) ** 3 - (end - begin)
        begin = end
    return ranks, ties
