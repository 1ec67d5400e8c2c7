"""What the guards of all processes share for a while, and nobody keeps: in memory here, or in that of the cache."""

from typing import Final, Protocol

MOST: Final = 200
"""So many are remembered under one name, those that were noted last."""
FOR_SECONDS: Final = 1_200


class Shared(Protocol):
    """Short-lived state. It is never written to a disk of ours; whoever restarts everything begins without it."""

    async def key(self, name: str, seconds: int) -> bytes:
        """Return the 32 random bytes of *name*: drawn when they are first asked for, the same for all, then forgotten.

        They live for *seconds* from then on, and follow from nothing that is stored.
        """
        ...

    async def note(self, name: str, member: str) -> None:
        """Remember *member* as the newest of *name*, for twenty minutes at least."""
        ...

    async def noted(self, name: str) -> list[str]:
        """Return what is remembered of *name*, by whichever process."""
        ...
