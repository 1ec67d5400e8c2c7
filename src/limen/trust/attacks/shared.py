"""What the guards of all processes share for a while, and nobody keeps: in memory here, or in that of the cache."""

from typing import Protocol


class Shared(Protocol):
    """Short-lived state. It is never written to a disk of ours; whoever restarts everything begins without it."""

    async def key(self, name: str, seconds: int) -> bytes:
        """Return the 32 random bytes of *name*: drawn when they are first asked for, the same for all, then forgotten.

        They live for *seconds* from then on, and follow from nothing that is stored.
        """
        ...
