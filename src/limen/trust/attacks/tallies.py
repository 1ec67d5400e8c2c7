"""What happened in each of the last sixty minutes, for whoever watches: counted where limits are, and forgotten soon.

With a shared cache minutes and networks are those of all processes; of the networks those that failed last, as many as
are remembered (:mod:`.shared`).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from limen.kernel.clock import MINUTE, Clock
from limen.trust.attacks.counters import NETWORK, Counters
from limen.trust.limits import Limit

KINDS: Final = ("right", "wrong", "worked", "refused", "blocked", "doubted", "sign_ups_refused")
"""Right and wrong passwords from devices that are not known; tries that passed a proof of work, were refused for want
of one, or blocked; right passwords that were not enough; sign-ups refused."""
MINUTES: Final = 60
_FAR: Final = 10_000_000
_TALLY: Final = Limit(_FAR, 2 * 3_600, "tally")
_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Tallied:
    """Counts of a minute by kind. ``ago`` is how many minutes ago it ended."""

    ago: int
    counts: dict[str, int]

    @property
    def attempts(self) -> int:
        """Return how many tries there were, whatever became of them."""
        return sum(self.counts[kind] for kind in ("right", "wrong", "refused", "blocked"))

    @property
    def challenges(self) -> int:
        """Return how many were asked for more: for a proof of work, or for more than the right password."""
        return self.counts["refused"] + self.counts["doubted"]

    @property
    def blocks(self) -> int:
        """Return how many were turned away or put off before a password was compared."""
        return self.counts["blocked"]

    @property
    def enough(self) -> int:
        """Return how many right passwords were not asked for more; doubts about known devices count here, too."""
        return max(0, self.counts["right"] - self.counts["doubted"])


class Tallies:
    """Minutes and networks, of all tenants."""

    def __init__(self, clock: Clock) -> None:
        """Know of nothing."""
        self._clock = clock
        self._fresh = defaultdict[str, Counter[str]](Counter)

    async def note(self, counters: Counters, kind: str, network: str = "") -> None:
        """Count one of *kind*, a word of :data:`KINDS`; of *network*, if it did harm."""
        await counters.meter.count([self.one(counters, kind)])
        if network:
            await counters.shared.note(self._networks(counters), network)

    def one(self, counters: Counters, kind: str) -> tuple[str, Limit]:
        """Count one of *kind* in this process; return what is to be counted for all of them."""
        self._fresh[counters.tenant_id][kind] += 1
        return self._key(counters, kind, self._clock.now() // MINUTE), _TALLY

    def fresh(self) -> Mapping[str, Counter[str]]:
        """Hand over what this process counted since it was last asked, by tenant and kind."""
        found, self._fresh = self._fresh, defaultdict(Counter)
        return found

    async def minutes(self, counters: Counters) -> list[Tallied]:
        """Return the last sixty minutes, the oldest first."""
        now = self._clock.now() // MINUTE
        found = []
        for ago in range(MINUTES - 1, -1, -1):
            asked = [(self._key(counters, kind, now - ago), _TALLY) for kind in KINDS]
            found.append(Tallied(ago, dict(zip(KINDS, await counters.meter.seen(asked), strict=True))))
        return found

    async def networks(self, counters: Counters) -> list[tuple[str, int]]:
        """Return the networks with the most failures in ten minutes, and how many."""
        known = await counters.shared.noted(self._networks(counters))
        counted = zip(known, await counters.seen(NETWORK, known), strict=True)
        return sorted((one for one in counted if one[1]), key=lambda one: -one[1])[:_SHOWN]

    def _networks(self, counters: Counters) -> str:
        return f"networks:{counters.tenant_id}"

    def _key(self, counters: Counters, kind: str, minute: int) -> str:
        return f"{_TALLY.name}:{counters.tenant_id}:{kind}:{minute}"
