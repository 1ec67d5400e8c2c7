"""An index over one field, and where it stands."""

from dataclasses import dataclass, replace
from enum import StrEnum

from limen.kernel.clock import Instant


class Match(StrEnum):
    """What a field can be searched by: the whole value, or also how it begins."""

    EXACT = "exact"
    PREFIX = "prefix"


class IndexState(StrEnum):
    """Whether an index holds every customer."""

    BUILDING = "building"
    READY = "ready"
    REMOVING = "removing"


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """One index. Profiles are written to it from its first instant on; the job walks those that were there before.

    Attributes:
        number: names it in the rows of tokens; never that of another index of the tenant that has rows.
        key_version: of the tenant's key that its tokens are made with.
        normalisation: how values are folded before.
        since: when it came to its state.
        walked_to: the last customer that the job came to; it goes on behind.
        walked: how many it came to, of about ``customers``.
    """

    number: int
    field: str
    match: Match
    key_version: int
    normalisation: str
    state: IndexState
    since: Instant
    customers: int = 0
    walked: int = 0
    walked_to: str = ""

    def walked_on(self, to: str, count: int) -> "SearchIndex":
        """Return the index one page further."""
        return replace(self, walked_to=to, walked=self.walked + count)

    def complete(self, now: Instant) -> "SearchIndex":
        """Return the index that every customer is in."""
        return replace(self, state=IndexState.READY, since=now)

    def unwanted(self, now: Instant) -> "SearchIndex":
        """Return the index whose tokens are to go."""
        return replace(self, state=IndexState.REMOVING, since=now, walked_to="")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one index, in the order of (token, customer).

    Attributes:
        start: the first token, or the last one seen.
        customer: whom to go on behind at ``start``; empty for the beginning.
        end: the last token.
    """

    number: int
    start: bytes
    end: bytes
    customer: str = ""
