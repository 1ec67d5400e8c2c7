"""The keyring's test bench as a fixture."""

from pathlib import Path

import pytest

from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy
from tests.unit.identity.keyring.doubles import Bench, MemoryKeyStore


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return the parts on a fresh path."""
    clock = ManualClock(start=1_800_000_000_000_000)
    return Bench(tmp_path / "private" / "keyring.json", clock, SeededEntropy(7), MemoryKeyStore())
