"""Figures of a run: what one result is, and when it passes."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Verdict(Enum):
    """How a result stands against its bar."""

    GOOD = "pass"
    SHORT = "short"
    REPORTED = "reported"
    MISSING = "not measured"


@dataclass(frozen=True, slots=True)
class Figure:
    """One result. Units are the name's own: requests a second unless it says ``_mb``, ``_seconds`` or is a share."""

    name: str
    limen: float | None
    peer: float | None = None
    floor: float | None = None
    bar: float | None = None
    lower_is_better: bool = False
    has_peer: bool = True
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Return Limen's figure over the peer's."""
        return self.limen / self.peer if self.limen is not None and self.peer else None

    @property
    def verdict(self) -> Verdict:
        """Hold the bar against the ratio, or against the figure where there is no peer."""
        if self.bar is None:
            return Verdict.REPORTED
        held = self.ratio if self.has_peer else self.limen
        if held is None:
            return Verdict.MISSING
        passed = held <= self.bar if self.lower_is_better else held >= self.bar
        return Verdict.GOOD if passed else Verdict.SHORT

    def result(self) -> dict[str, Any]:
        """Return the record that goes to ``bench.json``."""
        return {
            "name": self.name,
            "limen": _rounded(self.limen),
            "peer": _rounded(self.peer),
            "ratio": _rounded(self.ratio),
            "floor": _rounded(self.floor),
            "bar": self.bar,
            "lower_is_better": self.lower_is_better,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
