"""What all customers of a tenant showed, and those who were turned away: counters of what is asked about alone."""

from collections.abc import Mapping
from typing import Final

import msgspec

from limen.kernel.masked import Masked
from limen.trust.risk.history import History, day_kind, hours_around
from limen.trust.risk.records import DAY_KIND, HOUR, LEVELS, OWN, TOLD, Sighting

Value = tuple[str, str]
"""A level and a value of it."""
Counted = tuple[float, float]
"""How often a value was shown, and how often by those who were turned away."""


class Population(Masked, msgspec.Struct, frozen=True):
    """The counters that one assessment needs.

    Attributes:
        sign_ins: how many sign-ins were counted (n).
        customers: of how many customers (``|U|``).
        counts: how often the values in question were seen; what was seen at too few customers is missing.
        attacks: how many sign-ins were turned away.
        attacked: how often the values in question were seen in those.
    """

    sign_ins: float = 0.0
    customers: float = 0.0
    counts: Mapping[Value, float] = {}
    attacks: float = 0.0
    attacked: Mapping[Value, float] = {}

    def __repr__(self) -> str:
        """Show no value of anybody's."""
        return f"Population(sign_ins={self.sign_ins}, customers={self.customers}, attacks={self.attacks})"


def asked_for(seen: Sighting, history: History) -> tuple[Value, ...]:
    """Return what has to be looked up for an assessment: what is shown, and, where it is new, what usually is."""
    return tuple(dict.fromkeys((*shown_in(seen), *usual_of(seen, history))))


def shown_in(seen: Sighting) -> list[Value]:
    """Return what has to be looked up whoever it is."""
    shown = [(HOUR, hour) for hour in hours_around(seen.at)]
    shown.append((DAY_KIND, day_kind(seen.at)))
    for level, value in seen.values.items():
        if level not in OWN:
            shown.append((level, value))
        if level in TOLD:
            shown.append((level, ""))
    return shown


def usual_of(seen: Sighting, history: History) -> list[Value]:
    """Return what has to be looked up where a customer shows something new: what they usually show."""
    if history.last is None:
        return []
    values, held = seen.values, history.values
    return [
        (level, history.usual(level))
        for level in LEVELS
        if level in values and values[level] not in held.get(level, ())
    ]


NOBODY: Final = Population()
"""Nobody was counted yet."""
