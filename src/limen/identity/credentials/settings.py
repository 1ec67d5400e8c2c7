"""The cost of a password hash and the size of the pool that pays it."""

import os
from dataclasses import dataclass, field

from limen.kernel.errors import Misconfigured

_MAXIMUM_MEMORY_KIB = 512 * 1024
_MAXIMUM_TIME_COST = 32
_MAXIMUM_PARALLELISM = 16
_MOST_NICE = 19


@dataclass(frozen=True, slots=True)
class Argon2Parameters:
    """What one Argon2id hash costs (RFC 9106 §3.1): the default takes 19 MiB and about 20 ms of one core.

    The bounds hold for stored hashes as well: a broken row cannot ask for a gigabyte or an hour.
    """

    memory_kib: int = 19_456
    time_cost: int = 2
    parallelism: int = 1

    def __post_init__(self) -> None:
        """Refuse what Argon2 cannot do and what no server should.

        Raises:
            Misconfigured: a parameter is out of bounds.
        """
        holds = (
            1 <= self.parallelism <= _MAXIMUM_PARALLELISM
            and 1 <= self.time_cost <= _MAXIMUM_TIME_COST
            and 8 * self.parallelism <= self.memory_kib <= _MAXIMUM_MEMORY_KIB
        )
        if not holds:
            msg = "The Argon2 parameters are out of bounds."
            hint = "8 * parallelism ≤ memory_kib ≤ 524288, 1 ≤ time_cost ≤ 32, 1 ≤ parallelism ≤ 16."
            raise Misconfigured(msg, hint)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many threads hash, how many callers may wait for each, and how far the threads stand back.

    ``nice`` is the absolute Unix nice value of the hash threads, 0 to 19.
    """

    threads: int = field(default_factory=usable_cores)
    queue_limit: int = 64
    nice: int = 10

    def __post_init__(self) -> None:
        """Refuse a pool that could never work.

        Raises:
            Misconfigured: a value is out of bounds.
        """
        if self.threads < 1 or self.queue_limit < 0 or not 0 <= self.nice <= _MOST_NICE:
            msg = "The password pool's settings are out of bounds."
            hint = "threads ≥ 1, queue_limit ≥ 0, 0 ≤ nice ≤ 19."
            raise Misconfigured(msg, hint)
