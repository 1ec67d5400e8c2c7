"""What one more registered client costs: processor time of a grant among 10, 1,000 and 100,000 of them.

Each size is a Limen of its own, for what may cost is the size of the table and of its indexes. In every round each is
asked by the same number of clients, others than in the round before where there are others, so that none of them is
held in memory at first. What a round costs when every request is another client's is reported beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure
from bench.limen import start as limen
from bench.load.engine import Plan
from bench.load.http import form_request
from bench.load.spec import Outcome
from bench.load.statistics import middle
from bench.subjects import Job, Subject, host, repeated
from bench.workbench import Workbench
from bench.works.race import turn

CLIENT_COST = "client_cost"
SIZES = (10, 1_000, 100_000)
_A_ROUND = 500
"""Clients that ask in a round, as far as there are so many: half of what is held in memory for a tenant."""
_BAR = 1.2
_CONNECTIONS = 32
_ROUND_SECONDS = 2.0
_COLD_ROUNDS = 3
_BODY = b"grant_type=client_credentials&scope=bench"


@dataclass(slots=True)
class Population:
    """A Limen with so many registered clients, and what its turns cost."""

    subject: Subject
    names: list[str]
    outcomes: list[Outcome] = field(default_factory=list)
    cold: list[Outcome] = field(default_factory=list)

    def slice(self, number: int, size: int) -> list[str]:
        """Return the clients that ask in round *number*: as many as wanted or as there are, the next ones each time."""
        size = min(size, len(self.names))
        begin = number * size % len(self.names)
        return (self.names + self.names)[begin : begin + size]

    @property
    def size(self) -> int:
        """Return how many clients are registered."""
        return len(self.names)


def measure(bench: Workbench, program: Path) -> Iterator[Figure]:
    """Yield a figure for each greater size: processor time of a grant over that among the fewest clients."""
    populations = [_populate(bench, program, size) for size in SIZES]
    for population in populations:
        _ask(bench, population, population.slice(0, _A_ROUND), bench.pace.warmup)
    for number in range(bench.pace.cost_rounds):
        for population in populations if number % 2 == 0 else reversed(populations):
            population.outcomes.append(_round(bench, population, number + 1, _A_ROUND))
    few, *more = populations
    for population in more:
        yield _figure(f"{CLIENT_COST}_{population.size}", few.outcomes, population.outcomes, _BAR)
    largest = more[-1]
    rounds = min(_COLD_ROUNDS, bench.pace.cost_rounds)
    cold = largest.size // _COLD_ROUNDS
    for number in range(rounds):
        for population in (few, largest):
            population.cold.append(_round(bench, population, number + 1, cold))
    yield _figure(f"{CLIENT_COST}_{largest.size}_each_once", few.cold, largest.cold, None)


def _populate(bench: Workbench, program: Path, size: int) -> Population:
    bench.say(f"Limen with {size:,} registered clients")
    installation = limen.install(bench, program, f"clients-{size}")
    subject = limen.start(bench, installation)
    return Population(subject, limen.fill(installation, "clients", size))


def _round(bench: Workbench, population: Population, number: int, most: int) -> Outcome:
    seconds = min(_ROUND_SECONDS, bench.pace.seconds)
    outcome = _ask(bench, population, population.slice(number, most), seconds)
    bench.say(
        f"{population.size:,} clients, round {number}: {outcome.rate:,.0f}/s, "
        f"{_micros(outcome) or 0:.0f} µs of processor time each" + (f", {outcome.failed} failed" * bool(outcome.failed))
    )
    return outcome


def _ask(bench: Workbench, population: Population, names: list[str], seconds: float) -> Outcome:
    server = population.subject.server
    plan = Plan(server.port, _CONNECTIONS, bench.pace.settle, seconds, watch_pid=server.pid)
    return turn(bench, _job(server.port, names, bench.basic), plan)


def _job(port: int, names: list[str], basic: Callable[[str], str]) -> Job:
    return repeated(*(form_request("/token", {**host(port), "Authorization": basic(name)}, _BODY) for name in names))


def _micros(outcome: Outcome) -> float | None:
    """Return the processor time of a grant in microseconds."""
    return 1_000_000 / outcome.per_core_second if outcome.per_core_second else None


def _figure(name: str, few: list[Outcome], many: list[Outcome], bar: float | None) -> Figure:
    """Return the cost among *many* over that among *few*, medians; none where a request failed."""
    failed = sum(outcome.failed for outcome in few + many)
    costs = [[micros for outcome in side if (micros := _micros(outcome))] for side in (few, many)]
    base, cost = (middle(side) for side in costs)
    ratio = cost / base if base and cost and not failed else None
    rounds = {
        side: [round(micros, 1) for micros in values] for side, values in zip(("few", "many"), costs, strict=True)
    }
    detail = {"microseconds": rounds, "failed": failed, "first_failure": _first_failure(few + many)}
    return Figure(name, ratio, bar=bar, lower_is_better=True, has_peer=False, detail=detail)


def _first_failure(outcomes: list[Outcome]) -> str:
    return next((outcome.first_failure for outcome in outcomes if outcome.failed), "")
