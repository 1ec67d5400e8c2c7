"""The counters that one score needs: what is held of a large tenant, and what is read beside it."""

from collections.abc import Iterable, Mapping
from typing import Final

from limen.kernel.clock import Instant
from limen.trust.risk.keys import ATTACKS, CUSTOMERS, EARLIER_WEIGHS, LARGE, RARE, SIGN_INS, Epochs
from limen.trust.risk.population import Population, Value
from limen.trust.risk.records import LEVELS

_LEVELS: Final = frozenset(LEVELS)
OF_ALL: Final = (SIGN_INS, CUSTOMERS, ATTACKS)
"""What every score looks up."""
_WEIGHTS: Final = (1.0, EARLIER_WEIGHS)


class Lookup:
    """Of one score; :meth:`names` says what to ask, :meth:`take` takes its answer."""

    __slots__ = ("_asked", "_attacked", "_epochs", "_held", "_recent", "_shown")

    def __init__(self, epochs: Epochs, now: Instant) -> None:
        """Begin with what is held *now*."""
        self._epochs, self._recent = epochs, epochs[0].recent
        self._held = self._recent.held(now)
        self._shown: dict[Value, float] = {}
        self._attacked: dict[Value, float] = {}
        self._asked: list[tuple[bytes, float, dict[Value, float], Value]] = []

    def names(self, values: Iterable[Value]) -> list[bytes]:
        """Return what the counters are called that are to be asked so that *values* are known, too.

        Attackers are counted by levels alone, and are asked about where there are any: where the last score saw some,
        together with the rest, so that few scores ask twice.
        """
        held, shown, attacked, missing = self._held, self._shown, self._attacked, list[Value]()
        for value in values:
            if value in held:
                shown[value], attacked[value] = held[value]
            elif value not in shown:
                missing.append(value)
        is_attacked = shown[ATTACKS] > 0 if ATTACKS in shown else self._recent.is_attacked
        theirs = [one for one in (*shown, *missing) if one[0] in _LEVELS and one not in attacked] if is_attacked else []
        asked = self._asked = []
        if not (missing or theirs):
            return []
        wanted = dict.fromkeys((*missing, *theirs))
        for weight, epoch in zip(_WEIGHTS, self._epochs, strict=True):
            if epoch.key:
                names = epoch.names_of(wanted)
                asked += [(names[one][0], weight, shown, one) for one in missing]
                asked += [(names[one][1], weight, attacked, one) for one in theirs]
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
        is_attacked = self._recent.is_attacked = shown[ATTACKS] > 0
        if SIGN_INS in self._held or counts.get(self._epochs[0].hash(SIGN_INS), 0) >= LARGE:
            common = {one for _, _, _, one in self._asked if one[0] not in RARE}
            if is_attacked:
                common = {one for one in common if one in attacked or one[0] not in _LEVELS}
            self._recent.hold({one: (shown[one], attacked.get(one, 0.0)) for one in common})

    def population(self) -> Population:
        """Return what is known of all, and of each value that was looked up."""
        shown = self._shown
        return Population(shown[SIGN_INS], shown[CUSTOMERS], shown, shown[ATTACKS], self._attacked)
