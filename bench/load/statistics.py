"""Percentiles and medians, in one place so that every figure is made alike."""

import math
from collections.abc import Sequence
from statistics import median


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of an ordered, non-empty sequence (*share* in 0..1)."""
    rank = max(1, math.ceil(share * len(ordered)))
    return ordered[rank - 1]


def middle(values: Sequence[float]) -> float | None:
    """Return the median, or None where nothing was measured."""
    return median(values) if values else None
