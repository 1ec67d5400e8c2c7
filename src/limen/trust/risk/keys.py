"""What counters are called: keyed hashes, under a key for each epoch, so that no value can be read from them.

An epoch's counters go when the one after it has ended, and in that one they weigh half: so a tenant's counts fade. Its
key is random and goes with them (``app.epochs``), so that no copy of a counter is tied to a value any more.
"""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from limen.kernel.clock import DAY, Instant
from limen.trust.risk.history import History, day_kind, hour_of
from limen.trust.risk.population import Value
from limen.trust.risk.records import DAY_KIND, HOUR, Sighting
from limen.trust.risk.store import CROWD, Count

EPOCH: Final = 45 * DAY
EARLIER_WEIGHS: Final = 0.5
PURPOSE: Final = "risk-counters"
"""The purpose of an epoch's key."""
SIGN_INS: Final[Value] = ("", "sign_ins")
CUSTOMERS: Final[Value] = ("", "customers")
ATTACKS: Final[Value] = ("", "attacks")
_KEY_BYTES: Final = 16


def epoch_of(now: Instant) -> int:
    """Return the number of the epoch of an instant."""
    return now // EPOCH


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch of a tenant, and how to hash in it. Without a key it has no counters, and what it hashes names none."""

    number: int
    key: bytes = field(repr=False)

    def hash(self, value: Value) -> bytes:
        """Return what a value's counter is called."""
        kind, said = value
        return hmac.digest(self.key, f"{len(kind)}:{kind}{said}".encode(), "sha256")[:_KEY_BYTES]

    def counts(self, seen: Sighting, history: History) -> Iterator[Count]:
        """Yield what one sign-in adds; *history* is the customer's before it."""
        for level, value in seen.values.items():
            before = history.values.get(level, {}).get(value)
            is_fresh = before is None or epoch_of(before.at) != self.number
            yield Count(self.hash((level, value)), int(is_fresh))
        whole: Iterable[Value] = (SIGN_INS, (HOUR, hour_of(seen.at)), (DAY_KIND, day_kind(seen.at)))
        for of_all in whole:  # of no person: counted from the first on
            yield Count(self.hash(of_all), CROWD)
        if history.last is None or epoch_of(history.last.at) != self.number:
            yield Count(self.hash(CUSTOMERS), CROWD)

    def attack(self, seen: Sighting, shown: int) -> Iterator[Count]:
        """Yield what a sign-in adds that was asked for more; with -1 as *shown*, what its answer takes back."""
        for value in seen.values.items():
            yield Count(self.hash(attacked(value)), shown, shown)
        yield Count(self.hash(ATTACKS), CROWD * shown, shown)


def attacked(value: Value) -> Value:
    """Return a value as attackers showed it."""
    return (f"attack:{value[0]}", value[1])


Epochs = tuple[Epoch, Epoch]
"""The present epoch, and the one before."""
NO_EPOCHS: Final[Epochs] = (Epoch(1, b""), Epoch(0, b""))
"""Of whoever counts nothing."""
