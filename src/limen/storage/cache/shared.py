"""What processes share for a while, in this process's memory alone. Implements ``trust.attacks.shared``."""

from collections import OrderedDict
from typing import Final, Protocol

from limen.kernel.clock import SECOND, Clock, Instant
from limen.kernel.entropy import Entropy
from limen.trust.attacks.shared import MOST, Shared

KEY_BYTES: Final = 32


class ClosableShared(Shared, Protocol):
    """Shared state that holds connections."""

    async def aclose(self) -> None:
        """Close them."""
        ...


class ProcessShared:
    """What one process remembers."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        """Remember nothing yet."""
        self._clock, self._entropy = clock, entropy
        self._keys: dict[str, tuple[bytes, Instant]] = {}
        self._noted: dict[str, OrderedDict[str, None]] = {}

    async def key(self, name: str, seconds: int) -> bytes:
        """Return the key of *name*."""
        now = self._clock.now()
        found = self._keys.get(name)
        if found is None or found[1] <= now:
            self._keys = {known: kept for known, kept in self._keys.items() if kept[1] > now}
            found = self._keys[name] = self._entropy.bytes(KEY_BYTES), now + seconds * SECOND
        return found[0]

    async def note(self, name: str, member: str) -> None:
        """Remember *member* as the newest of *name*."""
        noted = self._noted.setdefault(name, OrderedDict())
        noted[member] = None
        noted.move_to_end(member)
        if len(noted) > MOST:
            noted.popitem(last=False)

    async def noted(self, name: str) -> list[str]:
        """Return what is remembered of *name*."""
        return list(self._noted.get(name, ()))

    async def aclose(self) -> None:
        """Close nothing."""
