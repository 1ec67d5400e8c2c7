"""What counters are called: keyed hashes, under a key for each epoch, so that no value can be read from them.

An epoch's counters go when the one after it has ended, and in that one they weigh half: so a tenant's counts fade. Its
key is random and goes with them (``app.epochs``), so that no copy of a counter is tied to a value any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from limen.kernel.clock import SECOND, Instant
from limen.kernel.mac import HmacSha256
from limen.trust.risk.counts import EPOCH
from limen.trust.risk.history import History, day_kind, hour_of
from limen.trust.risk.population import Counted, Value
from limen.trust.risk.records import ADDRESS, AGENT, DAY_KIND, HOUR, OWN, PRINT, TOLD, Sighting
from limen.trust.risk.store import CROWD, Count

EARLIER_WEIGHS: Final = 0.5
PURPOSE: Final = "risk-counters"
"""The purpose of an epoch's key."""
SIGN_INS: Final[Value] = ("", "sign_ins")
CUSTOMERS: Final[Value] = ("", "customers")
ATTACKS: Final[Value] = ("", "attacks")
_KEY_BYTES: Final = 16
RARE: Final = OWN | {ADDRESS, AGENT}
"""Levels whose values are somebody's own, as a rule."""
_HELD: Final = 4_096
_FRESH: Final = 60 * SECOND
LARGE: Final = 10_000
"""Of a tenant that counted so many sign-ins, what many share is read anew once a minute: no score hangs on a minute."""


@dataclass(slots=True)
class Recent:
    """Counters of what many share, as a process read them within a minute; and whether there were any of attackers."""

    is_attacked: bool = False
    _counts: dict[Value, Counted] = field(default_factory=dict)
    _since: Instant = 0

    def held(self, now: Instant) -> Mapping[Value, Counted]:
        """Return what is held."""
        if not 0 <= now - self._since < _FRESH:
            self._counts, self._since = {}, now
        return self._counts

    def hold(self, counts: Mapping[Value, Counted]) -> None:
        """Hold *counts*, too, while there is room."""
        if len(self._counts) + len(counts) <= _HELD:
            self._counts |= counts


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch of a tenant, and how to hash in it. Without a key it has no counters, and what it hashes names none."""

    number: int
    key: bytes = field(repr=False)
    recent: Recent = field(default_factory=Recent, repr=False, compare=False)
    _known: dict[Value, tuple[bytes, bytes]] = field(default_factory=dict, repr=False, compare=False)
    _mac: HmacSha256 = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the key: a score computes several hashes under it."""
        object.__setattr__(self, "_mac", HmacSha256(self.key))

    @property
    def is_counted(self) -> bool:
        """Tell whether anything was counted in it."""
        return bool(self.key)

    def names(self, value: Value) -> tuple[bytes, bytes]:
        """Return what a value's counter is called, and the counter of the value as attackers showed it.

        Two halves of one hash: neither can be told from the other, and hashes are much of what a score costs. Those of
        values that many share are held in memory, and no address or agent.
        """
        known = self._known.get(value)
        if known is None:
            kind, said = value
            digest = self._mac.digest(f"{len(kind)}:{kind}{said}".encode())
            known = digest[:_KEY_BYTES], digest[_KEY_BYTES:]
            if value[0] not in RARE and len(self._known) < _HELD:
                self._known[value] = known
        return known

    def names_of(self, values: Iterable[Value]) -> dict[Value, tuple[bytes, bytes]]:
        """Return the same of each of *values*."""
        known = self._known
        return {value: known.get(value) or self.names(value) for value in values}

    def hash(self, value: Value) -> bytes:
        """Return what a value's counter is called."""
        return self.names(value)[0]

    @property
    def salt(self) -> str:
        """Return what a page hashes with before it tells anything: another for each tenant and epoch, and no secret."""
        return self.hash((PRINT, "salt")).hex() if self.is_counted else ""

    def counts(self, seen: Sighting, history: History) -> list[Count]:
        """Return what one sign-in adds; *history* is the customer's before it."""
        customers: dict[Value, int] = {}
        for level, value in seen.values.items():
            if level not in OWN:
                before = history.values.get(level, {}).get(value)
                customers[level, value] = int(before is None or before.at // EPOCH != self.number)
                if level in TOLD:
                    customers[level, ""] = CROWD
        # Of no person, as what was told at all: counted from the first on.
        customers |= {SIGN_INS: CROWD, (HOUR, hour_of(seen.at)): CROWD, (DAY_KIND, day_kind(seen.at)): CROWD}
        if history.last is None or history.last.at // EPOCH != self.number:
            customers[CUSTOMERS] = CROWD
        names = self.names_of(customers)
        return [Count(names[value][0], more) for value, more in customers.items()]

    def attack(self, seen: Sighting, shown: int) -> list[Count]:
        """Return what a sign-in adds that was asked for more; with -1 as *shown*, what its answer takes back."""
        names = self.names_of(value for value in seen.values.items() if value[0] not in OWN)
        theirs = [Count(name, shown, shown) for _, name in names.values()]
        return [Count(self.hash(ATTACKS), CROWD * shown, shown), *theirs]


Epochs = tuple[Epoch, Epoch]
"""The present epoch, and the one before."""
NO_EPOCHS: Final[Epochs] = (Epoch(1, b""), Epoch(0, b""))
"""Of whoever counts nothing."""
