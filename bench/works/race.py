"""A race: the same load on several subjects in turn, round after round, with the order reversed every other round."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.load.engine import Plan
from bench.load.runner import run
from bench.load.spec import Outcome, Spec
from bench.load.statistics import middle
from bench.subjects import Job, Subject
from bench.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Course:
    """One race: the job, the connections, rounds, the seconds of one turn and of warming each subject up before."""

    job: str
    connections: int
    rounds: int
    seconds: float
    warmup: float


@dataclass(slots=True)
class Series:
    """One subject's turns."""

    outcomes: list[Outcome] = field(default_factory=list)

    def median(self, name: str) -> float | None:
        """Return the median of one figure over the turns."""
        values = [getattr(outcome, name) for outcome in self.outcomes]
        return middle([value for value in values if value is not None])

    @property
    def failed(self) -> int:
        """Return how many answers were not the wanted ones."""
        return sum(outcome.failed for outcome in self.outcomes)

    def sound_rate(self) -> float | None:
        """Return the median rate, or None where anything failed: errors are quick and would flatter."""
        return None if self.failed else self.median("rate")

    def detail(self) -> dict[str, Any]:
        """Return what stands behind the median."""
        names = ("p50_ms", "p99_ms", "per_core_second", "server_busy", "others_busy", "generator_busy")
        medians = {name: _rounded(self.median(name)) for name in names}
        failures = [outcome.first_failure for outcome in self.outcomes if outcome.first_failure]
        rounds = [round(outcome.rate, 1) for outcome in self.outcomes]
        return {"rounds": rounds, **medians, "failed": self.failed, "first_failure": (failures or [""])[0]}


def turn(bench: Workbench, job: Job, plan: Plan) -> Outcome:
    """Load one subject once and hand the state left behind back to its job."""
    outcome = run(Spec(plan, job.kind, job.arguments), bench.load_core)
    if job.keep is not None:
        job.keep(outcome.state)
    return outcome


def race(bench: Workbench, subjects: Sequence[Subject], course: Course) -> dict[str, Series]:
    """Run a race among those subjects that know the job; the result is keyed by the subject's name."""
    runners = [subject for subject in subjects if course.job in subject.jobs]
    for subject in runners:
        _go(bench, subject, course, Plan(subject.server.port, course.connections, 0.0, course.warmup))
    series = {subject.name: Series() for subject in runners}
    for number in range(course.rounds):
        for subject in runners if number % 2 == 0 else reversed(runners):
            plan = Plan(
                subject.server.port,
                course.connections,
                bench.pace.settle,
                course.seconds,
                watch_pid=subject.server.pid,
                watch_core=bench.server_core,
            )
            outcome = _go(bench, subject, course, plan)
            series[subject.name].outcomes.append(outcome)
            bench.others_busy.append(outcome.others_busy)
            bench.say(
                f"{course.job} x{course.connections} round {number + 1}/{course.rounds} "
                f"{subject.name}: {outcome.rate:,.0f}/s, p99 {outcome.p99_ms or 0:.1f} ms, "
                f"core {outcome.server_busy:.0%}" + (f", {outcome.failed} failed" if outcome.failed else "")
            )
    return series


def _go(bench: Workbench, subject: Subject, course: Course, plan: Plan) -> Outcome:
    return turn(bench, subject.jobs[course.job], plan)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
