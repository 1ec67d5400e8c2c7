"""Fixtures that every test may ask for."""

import pytest

from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the one loop that Limen is served on."""
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is told."""
    return ManualClock()


@pytest.fixture
def entropy() -> SeededEntropy:
    """Return chance that repeats itself."""
    return SeededEntropy()
