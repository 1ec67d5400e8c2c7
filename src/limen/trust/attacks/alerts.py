"""Alerts: an attack that a guard recognises begins, goes on, and is over, each said once whatever comes in between.

An attack is one of a kind: what :func:`limen.trust.attacks.guard.judge` gives as a reason, but for addresses that are
merely listed. It begins with the first try that has to take more because of it, goes on while such tries come, and is
over when none came for twenty minutes: longer than the longest wait that a guard imposes, or it would end while the
attacker waits as told. Where most tries fail (``attack``) the counters have to be calm again too.

What is told is not personal: networks are those of a provider, never of a home. An IPv6 /48 may be one household's, so
that of IPv6 the /32 is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from ipaddress import IPv6Network, ip_network
from typing import Any, Final, Protocol

import msgspec

from limen.identity.tenants.attacks import AttackSettings
from limen.kernel.clock import MINUTE, SECOND, Instant
from limen.kernel.events import Event
from limen.kernel.ids import AttackId
from limen.trust.attacks.counters import Counts

QUIET: Final = 20 * MINUTE
SHOWN_NETWORKS: Final = 5
_MANY: Final = 10
_HOUSEHOLDS: Final = 32
"""The prefix of IPv6 that a registry gives to a provider (RFC 6177 leaves what is behind it to them)."""


class Severity(IntEnum):
    """How grave an attack is; its name in lower case is the word in events."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """Return it as events say it."""
        return self.name.lower()


KINDS: Final = {
    "attack": Severity.HIGH,
    "spraying": Severity.HIGH,
    "account": Severity.MEDIUM,
    "network": Severity.MEDIUM,
    "address": Severity.LOW,
    "device": Severity.LOW,
}
"""Kinds of attacks, and how grave each is while it is small."""


def severity_of(kind: str, counts: Counts, settings: AttackSettings) -> Severity:
    """Return how grave an attack is: a step more where ten times as many tries fail as make one."""
    return Severity(min(KINDS[kind] + (counts.failed >= _MANY * settings.attack_failures), Severity.CRITICAL))


class Spot(msgspec.Struct, frozen=True):
    """A network that tries come from: its prefix, its autonomous system (empty where nobody knows), its failures."""

    network: str
    asn: str
    failures: int


class Tries(msgspec.Struct, frozen=True):
    """Tries of devices that are not known, of the whole tenant."""

    passed: int = 0
    wrong: int = 0
    stopped: int = 0
    doubted: int = 0


NO_TRIES: Final = Tries()


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack on a tenant.

    Attributes:
        seen_at: when a try last had to take more because of it.
        ended_at: when it was found to be over; None while it goes on.
        tries: what was tried since it began.
    """

    id: AttackId
    kind: str
    severity: Severity
    began_at: Instant
    seen_at: Instant
    networks: tuple[Spot, ...] = ()
    tries: Tries = field(default=NO_TRIES)
    ended_at: Instant | None = None

    @property
    def seconds(self) -> int:
        """Return how long it went on, as far as is known."""
        return (self.seen_at - self.began_at) // SECOND

    def is_quiet(self, now: Instant) -> bool:
        """Tell whether nothing was seen of it for long enough."""
        return now - self.seen_at >= QUIET

    def over(self, now: Instant) -> "Attack":
        """Return it ended."""
        return replace(self, ended_at=now)


class AttackStore(Protocol):
    """One tenant's attacks inside one transaction."""

    async def begin(self, attack: Attack) -> bool:
        """Store a new one; False where one of its kind goes on."""
        ...

    async def goes_on(self, attack: Attack) -> None:
        """Note that the one of its kind was seen again, and is at least as grave."""
        ...

    async def count(self, attack_id: AttackId, tries: Tries, networks: Sequence[Spot]) -> None:
        """Add what was tried, and put *networks* in place of those that are named."""
        ...

    async def end(self, attack: Attack) -> bool:
        """End one; False where it is over already, or was seen again since it was read."""
        ...

    async def open(self) -> Sequence[Attack]:
        """Return those that go on, the oldest first."""
        ...

    async def latest(self, limit: int) -> Sequence[Attack]:
        """Return up to *limit*, the newest first, over or not."""
        ...


@dataclass(frozen=True, slots=True)
class Sighting:
    """An attack as a try showed it: one that begins, unless one of its kind goes on; and the counts it rests on."""

    attack: Attack
    counts: Counts


async def noticed(store: AttackStore, seen: Sighting) -> Event | None:
    """Let an attack begin, or note that it goes on; return what is announced of it, if anything."""
    attack, counts = seen.attack, seen.counts
    if not await store.begin(attack):
        await store.goes_on(attack)
        return None
    return Event("attack.recognised", data={**_said(attack), "failed": counts.failed, "passed": counts.passed})


def ended(attack: Attack) -> Event:
    """Return what is announced of an attack that is over."""
    times = {"began_at": attack.began_at, "duration_seconds": attack.seconds}
    return Event("attack.ended", data={**_said(attack), **times, **msgspec.to_builtins(attack.tries)})


def _said(attack: Attack) -> dict[str, Any]:
    networks = [msgspec.to_builtins(spot) for spot in attack.networks]
    return {"attack": attack.id, "kind": attack.kind, "severity": attack.severity.word, "networks": networks}


def spot(network: str, asn: str, failures: int) -> Spot:
    """Return *network* as it may be told."""
    try:
        parsed = ip_network(network)
    except ValueError:  # what is no address is counted as itself, and is nobody's to tell
        return Spot("", asn, failures)
    if isinstance(parsed, IPv6Network):
        parsed = parsed.supernet(new_prefix=_HOUSEHOLDS)
    return Spot(str(parsed), asn, failures)


def busiest(spots: Sequence[Spot]) -> tuple[Spot, ...]:
    """Return the few with the most failures, each network once and with the most that was seen of it."""
    most: dict[str, Spot] = {}
    for one in spots:
        if one.network and (one.network not in most or most[one.network].failures < one.failures):
            most[one.network] = one
    return tuple(sorted(most.values(), key=lambda one: (-one.failures, one.network))[:SHOWN_NETWORKS])
