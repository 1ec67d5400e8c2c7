"""One figure and its goal."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """What was seen: *seen* in *unit*, at most *goal* where that is not None; *how* it was measured."""

    name: str
    seen: float
    unit: str
    goal: float | None
    how: str

    @property
    def is_met(self) -> bool:
        """Tell whether the goal is met; without one there is none to miss."""
        return self.goal is None or self.seen <= self.goal

    def line(self) -> str:
        """Return the figure as a line to print."""
        goal = "" if self.goal is None else f" (goal: at most {self.goal:g}; {'met' if self.is_met else 'MISSED'})"
        return f"{self.name}: {self.seen:.3f} {self.unit}{goal}: {self.how}"

    def document(self) -> dict[str, Any]:
        """Return the figure as it is written."""
        return {"seen": round(self.seen, 4), "unit": self.unit, "goal": self.goal, "met": self.is_met, "how": self.how}
