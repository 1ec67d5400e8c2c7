"""One-time links, stored by their hash."""

from typing import Final, Protocol

from limen.kernel.clock import HOUR, Instant

LINK_LIFE: Final[Instant] = 24 * HOUR


class SetupLinks(Protocol):
    """One-time links for set-up."""

    async def peek(self, link_hash: bytes, purpose: str, now: Instant) -> bool:
        """Tell whether the link may still be used; looking does not use it."""
        ...

    async def use(self, link_hash: bytes, purpose: str, now: Instant) -> bool:
        """Use the link: True exactly once."""
        ...
