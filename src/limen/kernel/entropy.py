"""Chance is asked for, never taken: every component receives an :class:`Entropy`."""

import os
from typing import Protocol

from limen.kernel.encoding import b64url


class Entropy(Protocol):
    """A source of unpredictable bytes."""

    def bytes(self, count: int) -> bytes:
        """Return *count* unpredictable bytes."""
        ...


class SystemEntropy:
    """The operating system's generator."""

    def bytes(self, count: int) -> bytes:
        """Return *count* bytes from the operating system."""
        return os.urandom(count)


def random_token(entropy: Entropy, byte_count: int = 32) -> str:
    """Return *byte_count* random bytes as unpadded base64url text."""
    return b64url(entropy.bytes(byte_count))


def random_digits(entropy: Entropy, count: int) -> str:
    """Return *count* decimal digits, each uniformly distributed (rejection sampling)."""
    digits: list[str] = []
    while len(digits) < count:
        digits.extend(str(byte % 10) for byte in entropy.bytes(count) if byte < 250)
    return "".join(digits[:count])
