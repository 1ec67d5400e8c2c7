"""What feeds say of an address, in this process: replaced feed by feed, at once or not at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from limen.identity.tenants.networks import NetworkSettings
from limen.kernel.clock import Instant
from limen.trust.risk.whereabouts import Whereabouts
from limen.trust.threats.feeds import Action, Feed
from limen.trust.threats.networks import RangeTable, ranges_of

_GRAVITY: Final[Mapping[str, int]] = {"block": 2, "challenge": 1, "note": 0}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A feed in force, and when its content was last seen to be current."""

    feed: Feed
    table: RangeTable
    current_at: Instant


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an address.

    Attributes:
        action: what is done about it; empty where no feed has it.
        sources: the names of the feeds that have it.
        is_allowed: the tenant lets it in whatever feeds say.
        is_listed: something is held against it, if only by a note that says no more.
        anonymiser: a feed says that whoever is there hides where they are.
        hosting: a feed says that it is in a data centre.
    """

    action: Action | None = None
    sources: tuple[str, ...] = ()
    is_allowed: bool = False
    is_listed: bool = False
    anonymiser: bool = False
    hosting: bool = False

    def beside(self, where: Whereabouts) -> Whereabouts:
        """Return what geography says of the address, and what feeds say that it is."""
        if not (self.anonymiser or self.hosting):
            return where
        return replace(where, anonymiser=where.anonymiser or self.anonymiser, hosting=where.hosting or self.hosting)


UNKNOWN: Final = Standing()
BY_HAND: Final = "by hand"


class Reputation:
    """The feeds of a process."""

    def __init__(self) -> None:
        """Know nothing."""
        self._loaded: dict[str, Loaded] = {}
        self._is_lacking = False

    def lack(self, *, is_lacking: bool) -> None:
        """Note whether a feed is missing or stale, where the operator wants the bar raised for that."""
        self._is_lacking = is_lacking

    def is_lacking(self, settings: NetworkSettings, address: str = "") -> bool:
        """Tell whether what a feed would say of *address* is not known, and counts; what is allowed wins here too."""
        if not self._is_lacking or not settings.feeds:
            return False
        return not (settings.allowed and address and address in _table(settings.allowed))

    def put(self, loaded: Loaded) -> None:
        """Put a feed in force, in place of what it was before."""
        self._loaded[loaded.feed.name] = loaded

    def __iter__(self) -> Iterator[Loaded]:
        """Yield the feeds in force."""
        return iter(tuple(self._loaded.values()))

    def of(self, address: str, settings: NetworkSettings) -> Standing:
        """Return how an address stands with a tenant: allowed wins, then what was blocked by hand, then the feeds."""
        if settings.allowed and address in _table(settings.allowed):
            return Standing(is_allowed=True)
        if settings.blocked and address in _table(settings.blocked):
            return Standing("block", (BY_HAND,), is_listed=True)
        if not settings.feeds or not self._loaded:
            return UNKNOWN
        found = [one.feed for one in self if address in one.table]
        if not found:
            return UNKNOWN
        gravest = max(found, key=lambda feed: _GRAVITY[feed.action])
        kinds = {feed.kind for feed in found}
        return Standing(
            action=gravest.action,
            sources=tuple(feed.name for feed in found),
            is_listed=any(feed.lists for feed in found),
            anonymiser="anonymiser" in kinds,
            hosting="hosting" in kinds,
        )


@lru_cache(maxsize=256)
def _table(networks: tuple[str, ...]) -> RangeTable:
    return RangeTable(ranges_of(networks))
