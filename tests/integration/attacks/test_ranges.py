"""A million ranges in a process: small, and quick to ask."""

import json
import subprocess
import sys

import pytest


@pytest.mark.serial
def test_a_million_ranges_take_less_than_150_megabytes_and_5_microseconds():
    ran = subprocess.run([sys.executable, "-m", "bench.attacks.ranges", "csv"], capture_output=True, check=True)
    seen = json.loads(ran.stdout)
    assert seen["ranges"] == 1_000_000
    assert seen["peak_megabytes"] <= 150, seen
    assert seen["look_up_microseconds"] <= 5, seen
