"""Chance that repeats itself."""

import hashlib


class SeededEntropy:
    """A :class:`limen.kernel.entropy.Entropy` whose bytes follow from its seed: SHA-256 over seed and counter."""

    def __init__(self, seed: int = 0) -> None:
        """Start the sequence of *seed* from its beginning."""
        self._seed = str(seed).encode()
        self._counter = 0
        self._left = b""

    def bytes(self, count: int) -> bytes:
        """Return the next *count* bytes of the sequence, however they are portioned."""
        while len(self._left) < count:
            self._left += hashlib.sha256(self._seed + b":" + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
        taken, self._left = self._left[:count], self._left[count:]
        return taken
