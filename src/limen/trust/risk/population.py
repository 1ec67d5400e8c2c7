"""What all customers of a tenant showed, and those who were turned away: counters of what is asked about alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = tuple[str, str]
"""A level and a value of it."""


@dataclass(frozen=True, slots=True)
class Population:
    """The counters that one assessment needs.

    Attributes:
        sign_ins: how many sign-ins were counted (n).
        customers: of how many customers (|U|).
        counts: how often the values in question were seen; what was seen at too few customers is missing.
        attacks: how many sign-ins were turned away.
        attacked: how often the values in question were seen in those.
    """

    sign_ins: float = 0.0
    customers: float = 0.0
    counts: Mapping[Value, float] = field(default_factory=dict, repr=False)
    attacks: float = 0.0
    attacked: Mapping[Value, float] = field(default_factory=dict, repr=False)


NOBODY = Population()
"""Nobody was counted yet."""
