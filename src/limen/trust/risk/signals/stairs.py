"""A table of what a count says: from so many on, so much."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Stairs:
    """Steps in ascending order, the first from 0 on, and the logarithm of what each says."""

    starts: tuple[int, ...]
    logs: tuple[float, ...]

    @classmethod
    def of(cls, *steps: tuple[int, float]) -> Self:
        """Return stairs of *steps*: from how many on, and how much likelier it is then an attacker."""
        return cls(tuple(start for start, _ in steps), tuple(math.log(ratio) for _, ratio in steps))

    def log(self, count: int) -> float:
        """Return the logarithm of what *count* says."""
        return self.logs[bisect_right(self.starts, max(0, count)) - 1]
