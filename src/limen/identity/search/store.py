"""What search asks of storage."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from limen.identity.search.records import SearchIndex
from limen.kernel.ids import CustomerId


class SearchStore(Protocol):
    """One tenant's search indexes inside one transaction."""

    async def indexes(self) -> Sequence[SearchIndex]:
        """Return every index, by number."""
        ...

    async def begin_index(self, index: SearchIndex) -> bool:
        """Store a new index; False if its number is taken."""
        ...

    async def change_index(self, index: SearchIndex, *, walked_to: str) -> bool:
        """Replace an index that has been walked to *walked_to*; False where somebody else went on meanwhile."""
        ...

    async def customers(self) -> int:
        """Return how many customers there are."""
        ...

    async def versions(self, *, after: str, until: str) -> Mapping[CustomerId, int]:
        """Return the versions of the customers behind *after*, up to *until*; nobody changes them before the commit."""
        ...

    async def fill(self, number: int, tokens: Mapping[CustomerId, bytes]) -> None:
        """Add tokens to an index for customers that it holds none of."""
        ...

    async def empty(self, number: int, *, after: str, limit: int) -> str:
        """Delete up to *limit* tokens of an index behind customer *after*; return the last one's, empty at the end."""
        ...

    async def drop_index(self, number: int) -> None:
        """Forget an index that is empty."""
        ...
