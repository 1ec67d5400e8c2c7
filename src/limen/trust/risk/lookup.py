"""The counters that one score needs: what is held of a large tenant, and what is read beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from limen.kernel.clock import Instant
from limen.trust.risk.keys import ATTACKS, CUSTOMERS, EARLIER_WEIGHS, LARGE, RARE, SIGN_INS, Epoch, Epochs
from limen.trust.risk.population import Counted, Population, Value
from limen.trust.risk.records import LEVELS

_LEVELS: Final = frozenset(LEVELS)
OF_ALL: Final = (SIGN_INS, CUSTOMERS, ATTACKS)
"""What every score looks up."""


@dataclass(slots=True)
class Lookup:
    """Of one score: :meth:`names` says what to ask storage for, :meth:`take` takes in what it answered."""

    epochs: Sequence[tuple[float, Epoch]]
    held: Mapping[Value, Counted]
    _known: dict[Value, Counted] = field(default_factory=dict)
    _named: dict[Value, list[tuple[bytes, bytes]]] = field(default_factory=dict)

    @classmethod
    def of(cls, epochs: Epochs, now: Instant) -> "Lookup":
        """Return one that knows what is held."""
        weighed = zip((1.0, EARLIER_WEIGHS), epochs, strict=True)
        return cls([(weight, one) for weight, one in weighed if one.key], epochs[0].recent.held(now))

    def missing(self, values: Iterable[Value]) -> list[Value]:
        """Return those of *values* that are not known yet."""
        return [value for value in values if value not in self.held and value not in self._known]

    def names(self, values: Sequence[Value]) -> list[bytes]:
        """Return what the counters of *values* are called; attackers are counted by levels alone."""
        asked: list[bytes] = []
        for value, *pairs in zip(values, *[epoch.names_of(values) for _, epoch in self.epochs], strict=True):
            self._named[value] = pairs
            for pair in pairs:
                asked += pair if value[0] in _LEVELS else pair[:1]
        return asked

    def take(self, counts: Mapping[bytes, int]) -> None:
        """Take in the *counts* under the names that were asked for; of a large tenant, hold those that many share."""
        found, is_large = dict[Value, Counted](), SIGN_INS in self.held
        for value, pairs in self._named.items():
            shown = attacked = 0.0
            for (weight, _), (mine, theirs) in zip(self.epochs, pairs, strict=True):
                shown += weight * counts.get(mine, 0)
                attacked += weight * counts.get(theirs, 0)
            found[value] = shown, attacked
            is_large = is_large or (value == SIGN_INS and bool(pairs) and counts.get(pairs[0][0], 0) >= LARGE)
        if is_large:
            self.epochs[0][1].recent.hold({value: one for value, one in found.items() if value[0] not in RARE})
        self._known |= found
        self._named.clear()

    def population(self, values: Iterable[Value]) -> Population:
        """Return what is known of *values*, and of all."""
        known, held = self._known, self.held
        shown, attacked = dict[Value, float](), dict[Value, float]()
        for value in (*OF_ALL, *values):
            shown[value], attacked[value] = known[value] if value in known else held[value]
        return Population(shown[SIGN_INS], shown[CUSTOMERS], shown, shown[ATTACKS], attacked)
