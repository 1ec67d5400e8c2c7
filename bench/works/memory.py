"""Whether memory stays where it is over 200,000 grants: client credentials, refreshes and codes in turns."""

from dataclasses import dataclass, field
from time import perf_counter

from bench.figures import Figure
from bench.load.engine import Plan
from bench.processes import memory_mib, tree
from bench.subjects import Subject
from bench.workbench import Pace, Workbench
from bench.works.race import turn

MEMORY = "memory_over_grants"
_MIX = (("client_credentials", 2.0), ("refresh", 2.0), ("code_exchange", 1.0))
_CONNECTIONS = 32
_LEAST_CODES = 5_000
_BAR = 0.05
_MOST_SECONDS = 240.0


@dataclass(slots=True)
class _Log:
    """What was seen: grants so far and the resident memory (MiB) after each turn, and why it counts for nothing."""

    grants: int = 0
    resident: list[float] = field(default_factory=list)
    first_failure: str = ""

    def drift(self) -> float | None:
        """Return how far memory went from where it was after the warm-up, up or down, as a share of that."""
        if len(self.resident) <= 1 or self.first_failure:
            return None
        begin = self.resident[0]
        return max(abs(now / begin - 1) for now in self.resident[1:])


def codes(pace: Pace) -> int:
    """Return how many authorization codes the mix needs at most."""
    return pace.memory_grants // 4 + _LEAST_CODES


def measure(bench: Workbench, subject: Subject | None) -> Figure:
    """Return how far resident memory strayed from where it was after the warm-up, as a share; 0.05 is allowed."""
    log = _Log()
    wanted = bench.pace.memory_grants
    if subject is not None and all(job in subject.jobs for job, _ in _MIX):
        _grant(bench, subject, _Log(), wanted // 5)  # warm-up: caches fill, and the allocator finds its size
        log.resident.append(memory_mib(tree(subject.server.pid), "Rss"))
        _grant(bench, subject, log, wanted)
    drift = log.drift() if log.grants >= wanted else None
    detail = {
        "grants": log.grants,
        "resident_mib": [round(mib, 1) for mib in log.resident],
        "first_failure": log.first_failure,
    }
    return Figure(MEMORY, drift, bar=_BAR, lower_is_better=True, has_peer=False, detail=detail)


def _grant(bench: Workbench, subject: Subject, log: _Log, wanted: int) -> None:
    """Take turns until *wanted* grants were made, a request failed or it takes too long."""
    begun = perf_counter()
    while log.grants < wanted and not log.first_failure and perf_counter() - begun < _MOST_SECONDS:
        for name, seconds in _MIX:
            job = subject.jobs[name]
            if len(job.arguments.get("values", "x" * _LEAST_CODES)) < _LEAST_CODES:
                continue
            outcome = turn(bench, job, Plan(subject.server.port, _CONNECTIONS, 0.0, seconds))
            log.grants += outcome.done
            log.first_failure = log.first_failure or outcome.first_failure
            log.resident.append(memory_mib(tree(subject.server.pid), "Rss"))
        bench.say(f"{log.grants:,} of {wanted:,} grants: {log.resident[-1]:.1f} MiB")
