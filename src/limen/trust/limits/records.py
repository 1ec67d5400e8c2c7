"""What a limit is, what asking it says, and who may be asked."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

UNLIMITED: Final = 1_000_000_000_000
"""The count of a limit that is switched off."""


class Limit(msgspec.Struct, frozen=True):
    """At most ``count`` in any ``seconds``; ``name`` is how the ``RateLimit`` headers call it."""

    count: int
    seconds: int
    name: str = "default"

    def __post_init__(self) -> None:
        """Refuse a limit that means nothing.

        Raises:
            ValueError: the count or the seconds are not positive.
        """
        if self.count < 1 or self.seconds < 1:
            msg = "a limit needs a positive count and a positive number of seconds"
            raise ValueError(msg)

    @property
    def is_off(self) -> bool:
        """Tell whether nothing is limited: then nothing need be counted, and there is nothing to say of it."""
        return self.count >= UNLIMITED


class Decision(msgspec.Struct, frozen=True):
    """What a limiter said.

    Attributes:
        allowed: whether it may be done now.
        remaining: how many more may be done now.
        reset_seconds: whole seconds, rounded up: until one more is possible if refused, else until the window ends.
    """

    allowed: bool
    remaining: int
    reset_seconds: int


Asked = Sequence[tuple[str, Limit]]
"""Keys with the limits under which they are counted, as :meth:`RateLimiter.hit` takes them."""


class RateLimiter(Protocol):
    """Counts tries in a sliding window."""

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        """Count *cost* tries of *key*, unless that exceeds *limit*; a refused try costs nothing.

        Args:
            key: what is counted, in the clear (``"sign-in:address:…"``); it is stored only as a keyed hash.
            limit: how many in which time; one key with two limits is counted twice.
            cost: how many tries this one stands for.
        """
        ...

    async def seen(self, asked: Asked) -> list[int]:
        """Return how many tries of each key count now, rounded up, and count none."""
        ...

    async def count(self, asked: Asked) -> None:
        """Count a try of each key, as :meth:`hit` does, where nobody asks whether it is allowed."""
        ...
