"""Hashes that cost next to nothing, and a way to count them."""

from collections.abc import AsyncIterator

import pytest

from limen.identity.credentials.hashing import PasswordHasher, argon2id
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.settings import Argon2Parameters, PoolSettings
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy

CHEAP = Argon2Parameters(memory_kib=8, time_cost=1)


class CountedArgon2:
    """Real Argon2id that remembers the parameters of every hash."""

    def __init__(self) -> None:
        self.asked: list[Argon2Parameters] = []

    def __call__(self, secret: bytes, salt: bytes, parameters: Argon2Parameters, length: int) -> bytes:
        self.asked.append(parameters)
        return argon2id(secret, salt, parameters, length)


@pytest.fixture
async def pool(clock: ManualClock) -> AsyncIterator[HashPool]:
    pool = HashPool(PoolSettings(threads=2, queue_limit=8), clock)
    yield pool
    await pool.close()


@pytest.fixture
def argon2() -> CountedArgon2:
    return CountedArgon2()


@pytest.fixture
def hasher(pool: HashPool, entropy: SeededEntropy, argon2: CountedArgon2) -> PasswordHasher:
    return PasswordHasher(CHEAP, pool, entropy, argon2)
