"""The counters that one score needs: what is held of a large tenant, and what is read beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from limen.kernel.clock import Instant
from limen.trust.risk.keys import ATTACKS, CUSTOMERS, EARLIER_WEIGHS, LARGE, RARE, SIGN_INS, Epoch, Epochs, Recent
from limen.trust.risk.population import Counted, Population, Value
from limen.trust.risk.records import LEVELS

_LEVELS: Final = frozenset(LEVELS)
OF_ALL: Final = (SIGN_INS, CUSTOMERS, ATTACKS)
"""What every score looks up."""


@dataclass(slots=True)
class Lookup:
    """Of one score; :meth:`names` says what to ask, :meth:`take` takes its answer."""

    epochs: Sequence[tuple[float, Epoch]]
    recent: Recent
    held: Mapping[Value, Counted]
    _shown: dict[Value, float] = field(default_factory=dict)
    _attacked: dict[Value, float] = field(default_factory=dict)
    _asked: list[tuple[bytes, float, dict[Value, float], Value]] = field(default_factory=list)

    @classmethod
    def of(cls, epochs: Epochs, now: Instant) -> "Lookup":
        """Return one that knows what is held."""
        weighed = zip((1.0, EARLIER_WEIGHS), epochs, strict=True)
        recent = epochs[0].recent
        return cls([(weight, one) for weight, one in weighed if one.key], recent, recent.held(now))

    def names(self, values: Iterable[Value]) -> list[bytes]:
        """Return what the counters are called that are to be asked so that *values* are known, too.

        Attackers are counted by levels alone, and are asked about where there are any: where the last score saw some,
        together with the rest, so that few scores ask twice.
        """
        held, shown, attacked, missing = self.held, self._shown, self._attacked, []
        for value in values:
            if value in held:
                shown[value], attacked[value] = held[value]
            elif value not in shown:
                missing.append(value)
        is_attacked = shown[ATTACKS] > 0 if ATTACKS in shown else self.recent.is_attacked
        levels = (value for value in (*shown, *missing) if value[0] in _LEVELS and value not in attacked)
        theirs = list(levels) if is_attacked else []
        asked = self._asked = []
        for weight, epoch in self.epochs:
            for known, wanted, half in (shown, missing, 0), (attacked, theirs, 1):
                names = epoch.names_of(wanted)
                asked += [(name[half], weight, known, one) for name, one in zip(names, wanted, strict=True)]
        shown.update(dict.fromkeys(missing, 0.0))
        attacked.update(dict.fromkeys(theirs, 0.0))
        return [one[0] for one in asked]

    def take(self, counts: Mapping[bytes, int]) -> None:
        """Take in the *counts* under the names that were asked for; of a large tenant, hold those that many share.

        Where there are attackers a value is held once theirs was asked as well: what nobody asked is not none.
        """
        shown, attacked = self._shown, self._attacked
        for name, weight, known, value in self._asked:
            if name in counts:
                known[value] += weight * counts[name]
        is_attacked = self.recent.is_attacked = shown[ATTACKS] > 0
        for _, present in self.epochs[:1]:
            if SIGN_INS in self.held or counts.get(present.hash(SIGN_INS), 0) >= LARGE:
                common = {one for _, _, _, one in self._asked if one[0] not in RARE}
                if is_attacked:
                    common = {one for one in common if one in attacked or one[0] not in _LEVELS}
                self.recent.hold({one: (shown[one], attacked.get(one, 0.0)) for one in common})

    def population(self) -> Population:
        """Return what is known of all, and of each value that was looked up."""
        shown = self._shown
        return Population(shown[SIGN_INS], shown[CUSTOMERS], shown, shown[ATTACKS], self._attacked)
