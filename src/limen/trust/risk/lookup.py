"""The counters that one score needs: what is held of a large tenant, and what is read beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from limen.kernel.clock import Instant
from limen.trust.risk.keys import ATTACKS, CUSTOMERS, EARLIER_WEIGHS, LARGE, RARE, SIGN_INS, Epoch, Epochs, Names
from limen.trust.risk.population import Counted, Population, Value
from limen.trust.risk.records import LEVELS

_LEVELS: Final = frozenset(LEVELS)
OF_ALL: Final = (SIGN_INS, CUSTOMERS, ATTACKS)
"""What every score looks up."""


@dataclass(slots=True)
class Lookup:
    """Of one score; :meth:`missing` says of what, :meth:`names` what to ask, :meth:`take` takes its answer."""

    epochs: Sequence[tuple[float, Epoch]]
    held: Mapping[Value, Counted]
    _shown: dict[Value, float] = field(default_factory=dict)
    _attacked: dict[Value, float] = field(default_factory=dict)
    _asked: Sequence[Value] = ()
    _named: Sequence[tuple[float, Names]] = ()

    @classmethod
    def of(cls, epochs: Epochs, now: Instant) -> "Lookup":
        """Return one that knows what is held."""
        weighed = zip((1.0, EARLIER_WEIGHS), epochs, strict=True)
        return cls([(weight, one) for weight, one in weighed if one.key], epochs[0].recent.held(now))

    def missing(self, values: Iterable[Value]) -> list[Value]:
        """Return those of *values* that are not known yet, and are not held."""
        held, shown, missing = self.held, self._shown, []
        for value in values:
            if value in held:
                shown[value], self._attacked[value] = held[value]
            elif value not in shown:
                missing.append(value)
        return missing

    def names(self, values: Sequence[Value]) -> list[bytes]:
        """Return what the counters of *values* are called; attackers are counted by levels alone."""
        self._asked, self._named = values, [(weight, epoch.names_of(values)) for weight, epoch in self.epochs]
        asked: list[bytes] = []
        for _, names in self._named:
            for (level, _), (mine, theirs) in zip(values, names, strict=True):
                asked.append(mine)
                if level in _LEVELS:
                    asked.append(theirs)
        return asked

    def take(self, counts: Mapping[bytes, int]) -> None:
        """Take in the *counts* under the names that were asked for; of a large tenant, hold those that many share."""
        values, shown, attacked = self._asked, self._shown, self._attacked
        for value in values:
            shown[value] = attacked[value] = 0.0
        for weight, names in self._named:
            for value, (mine, theirs) in zip(values, names, strict=True):
                if mine in counts:
                    shown[value] += weight * counts[mine]
                if theirs in counts:
                    attacked[value] += weight * counts[theirs]
        for _, present in self.epochs[:1]:
            if SIGN_INS in self.held or counts.get(present.hash(SIGN_INS), 0) >= LARGE:
                present.recent.hold({one: (shown[one], attacked[one]) for one in values if one[0] not in RARE})

    def population(self) -> Population:
        """Return what is known of all, and of each value that was looked up."""
        shown = self._shown
        return Population(shown[SIGN_INS], shown[CUSTOMERS], shown, shown[ATTACKS], self._attacked)
