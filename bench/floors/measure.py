"""Measures the floors on the cores the servers use."""

import subprocess
import sys
from dataclasses import asdict, dataclass

from bench.load.engine import Plan
from bench.load.runner import run
from bench.load.spec import Outcome, Spec
from bench.load.statistics import middle
from bench.subjects import Subject
from bench.workbench import ROOT, Workbench

_LOOPS = 3


@dataclass(frozen=True, slots=True)
class Floors:
    """What one core allows a second: signatures, hashes, bare answers; and what the disk and the generator allow."""

    es256_per_second: float
    es256_verified_per_second: float
    argon2id_per_second: float
    bare_requests_per_second: float
    fdatasync_per_second: float
    generator_requests_per_second: float

    @property
    def fdatasync_microseconds(self) -> float:
        """Return the mean time of one 4 KiB append with its flush."""
        return 1_000_000 / self.fdatasync_per_second

    def serving(self, signatures: int, verified: int = 0) -> float:
        """Return the requests a second of one core that must answer, make and check this many signatures for each."""
        signing = signatures / self.es256_per_second + verified / self.es256_verified_per_second
        return 1 / (1 / self.bare_requests_per_second + signing)

    def facts(self) -> dict[str, float]:
        """Return all floors, rounded, for the report."""
        every = {**asdict(self), "fdatasync_microseconds": self.fdatasync_microseconds}
        return {name: round(value, 1) for name, value in every.items()}


def loop_rate(bench: Workbench, *words: str) -> float:
    """Run one of the tight loops of ``bench.floors.rates`` on the server core."""
    seconds = str(bench.pace.floor_seconds)
    core = str(bench.server_core)
    command = ["/usr/bin/env", "taskset", "-c", core, sys.executable, "-m", "bench.floors.rates", *words, seconds]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return float(done.stdout)


def fixed_rate(bench: Workbench, subject: Subject, job: str, connections: int) -> Outcome:
    """Load the bare server once."""
    plan = Plan(subject.server.port, connections, 0.5, max(1.0, bench.pace.seconds / 2), watch_pid=subject.server.pid)
    return run(Spec(plan, subject.jobs[job].kind, subject.jobs[job].arguments), bench.load_core)


def measure(bench: Workbench, subject: Subject) -> Floors:
    """Measure every floor, the median of a few short loops each."""
    loops = {
        name: middle([loop_rate(bench, *words) for _ in range(_LOOPS)]) or 0.0
        for name, words in {
            "es256": ("es256",),
            "es256-verify": ("es256-verify",),
            "argon2id": ("argon2id",),
            "fdatasync": ("fdatasync", str(bench.folder)),
        }.items()
    }
    served = [fixed_rate(bench, subject, "fixed", 32) for _ in range(_LOOPS)]
    return Floors(
        loops["es256"],
        loops["es256-verify"],
        loops["argon2id"],
        middle([outcome.rate for outcome in served]) or 0.0,
        loops["fdatasync"],
        middle([outcome.generator_ceiling or 0.0 for outcome in served]) or 0.0,
    )
