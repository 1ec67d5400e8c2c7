"""How long a failed item waits."""

from limen.kernel.clock import SECOND
from limen.kernel.entropy import Entropy

_STEPS = 1 << 16


def back_off(attempts: int, first: float, longest: float, entropy: Entropy) -> int:
    """Return the wait after *attempts* failures, in microseconds.

    It doubles from *first* to *longest* (seconds); half of it is left to chance, so that what failed together does
    not come back together.
    """
    whole = min(longest, first * 2.0 ** min(max(attempts, 1) - 1, 60))
    chance = int.from_bytes(entropy.bytes(2), "big") / _STEPS
    return int((whole / 2 + whole / 2 * chance) * SECOND)
