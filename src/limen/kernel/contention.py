"""Doing again what the database rolled back in favour of another transaction.

Locks are taken in one order wherever that is known; this is for the orders that nobody foresaw. What is done again is a
whole unit of work, of which nothing stayed.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from limen.kernel.clock import Clock
from limen.kernel.errors import Contended

T = TypeVar("T")
TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.02


async def retried(unit: Callable[[], Awaitable[T]], clock: Clock) -> T:
    """Return what *unit* returns, done three times at the most.

    Raises:
        Contended: it was rolled back each time.
    """
    for tried in range(1, TRIES):
        try:
            return await unit()
        except Contended:
            await clock.sleep(tried * _PAUSE_SECONDS)
    return await unit()
