"""Nonces that we give to makers of DPoP proofs (RFC 9449 §8, §9), without a table of them.

A nonce is a MAC of the present two minutes under the tenant's sub-key. Every worker makes the same one and knows those
of before and after, so that none has to be remembered; that each proof counts once is its ``jti``'s matter.
"""

import hmac
from typing import Final

from limen.kernel.clock import SECOND, Clock
from limen.kernel.encoding import b64url

PURPOSE: Final = "dpop-nonce"
"""The name of the tenant's sub-key (``TenantVault.derive``)."""
WINDOW: Final = 120 * SECOND
"""How long one nonce is given out; it is good for as long again."""
_BYTES: Final = 18


class Nonces:
    """One tenant's nonces."""

    __slots__ = ("_clock", "_key", "_made")

    def __init__(self, key: bytes, clock: Clock) -> None:
        """Make nonces with the sub-key *key*."""
        self._key, self._clock = key, clock
        self._made: tuple[int, tuple[str, ...]] = (-1, ())

    def current(self) -> str:
        """Return the nonce to be given out now."""
        return self._around()[1]

    def is_good(self, nonce: str) -> bool:
        """Tell whether *nonce* is ours and not over: the present one, the one before, or one from a clock ahead."""
        return any(hmac.compare_digest(nonce.encode("utf-8", "replace"), one.encode()) for one in self._around())

    def is_current(self, nonce: str) -> bool:
        """Tell whether there is nothing newer to be given out than *nonce*."""
        return nonce == self.current()

    def _around(self) -> tuple[str, ...]:
        window = self._clock.now() // WINDOW
        if self._made[0] != window:
            self._made = (window, tuple(self._of(window + step) for step in (-1, 0, 1)))
        return self._made[1]

    def _of(self, window: int) -> str:
        return b64url(hmac.digest(self._key, window.to_bytes(8, "big"), "sha256")[:_BYTES])
