"""How a tenant stands at this moment: what an operator looks at while it happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from limen.kernel.clock import SECOND, Instant
from limen.trust.attacks.alerts import Attack
from limen.trust.attacks.counters import Counts
from limen.trust.attacks.guard import AttackGuard, is_attack
from limen.trust.attacks.tallies import Tallied
from limen.trust.threats.reputation import Loaded

State = Literal["calm", "attack", "raised"]
SHOWN_ATTACKS: Final = 10


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed of addresses, as this process holds it."""

    name: str
    action: str
    kind: str
    ranges: int
    age_seconds: int


@dataclass(frozen=True, slots=True)
class Live:
    """The state, the counts it rests on, the last hour, the busiest networks, the last attacks, what is in force."""

    state: State
    mode: str
    counts: Counts
    minutes: tuple[Tallied, ...]
    networks: tuple[tuple[str, int], ...]
    attacks: tuple[Attack, ...]
    blocked: tuple[str, ...]
    feeds: tuple[FeedState, ...]

    def total(self, kind: str) -> int:
        """Return how many of *kind* there were in the last hour."""
        return sum(minute.counts[kind] for minute in self.minutes)


async def live(guard: AttackGuard, attacks: Sequence[Attack]) -> Live:
    """Return how the tenant of *guard* stands, with its last *attacks*, the newest first."""
    counts = await guard.counters.of_tenant()
    now = guard.counters.clock.now()
    state: State = "calm"
    if guard.settings.bar == "raised":
        state = "raised"
    elif guard.settings.mode != "off" and is_attack(counts, guard.settings):
        state = "attack"
    feeds = tuple(_state(one, now) for one in guard.reputation)
    return Live(
        state,
        guard.settings.mode,
        counts,
        tuple(await guard.tallies.minutes(guard.counters)),
        tuple(await guard.tallies.networks(guard.counters)),
        tuple(attacks),
        guard.networks.blocked,
        feeds,
    )


def _state(one: Loaded, now: Instant) -> FeedState:
    feed, age = one.feed, max(0, now - one.current_at) // SECOND
    return FeedState(feed.name, feed.action, feed.kind, len(one.table), age)
