"""What a signal is."""

from collections.abc import Callable
from dataclasses import dataclass

from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Finding, Sighting


@dataclass(frozen=True, slots=True)
class Signal:
    """A row of the table: what it is called, and what it says of a sighting.

    ``speaks`` is pure. It returns None where it knows nothing: a signal that cannot be asked does not weigh.
    """

    name: str
    speaks: Callable[[Sighting, History, Population], Finding | None]
