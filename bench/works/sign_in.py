"""Password sign-ins: how much of the core's hashing rate they reach, and what a storm of them does to others."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench.figures import Figure
from bench.floors.measure import loop_rate
from bench.load.engine import Plan
from bench.load.runner import finish, run, start
from bench.load.spec import Outcome, Spec
from bench.load.statistics import middle
from bench.subjects import Subject
from bench.workbench import Workbench

_SIGN_IN_CONNECTIONS = 32
_STORM_CONNECTIONS = 16
_STORM_LEAD = 0.5
_LIGHT_CONNECTIONS = 32
_PACED_RATE = 400.0
_STORM_SECONDS = 3.0
_SHARE_BAR = 0.90
_STORM_BAR = 2.0
PASSWORD_SIGN_IN = "password_signin"
PASSWORD_SIGN_IN_OWN = "password_signin_of_own_hash"
LIGHT_IN_STORM = "light_p99_in_login_storm"
PACED_LIGHT_IN_STORM = "light_p99_in_login_storm_paced"


def share_of_hash_rate(bench: Workbench, subject: Subject | None) -> Iterator[Figure]:
    """Yield sign-ins a second over bare Argon2id hashes a second on the same core, measured in turns.

    The one with the bar is held against the library as everybody has it, the other against Limen's own way with it.
    """
    signed_in: list[Outcome] = []
    hashes: list[float] = []
    own: list[float] = []
    if subject is not None and "sign_in" in subject.jobs:
        for number in range(bench.pace.rounds):
            hashes.append(loop_rate(bench, "argon2id"))
            own.append(loop_rate(bench, "argon2id-own"))
            plan = Plan(
                subject.server.port,
                _SIGN_IN_CONNECTIONS,
                1.0,
                bench.pace.seconds,
                spread_addresses=True,
                watch_pid=subject.server.pid,
            )
            job = subject.jobs["sign_in"]
            signed_in.append(run(Spec(plan, job.kind, job.arguments), bench.load_core))
            bench.say(
                f"sign-in round {number + 1}: {signed_in[-1].rate:.1f}/s of {hashes[-1]:.1f} hashes/s ({own[-1]:.1f})"
            )
    rate = middle([outcome.rate for outcome in signed_in])
    failed = sum(outcome.failed for outcome in signed_in)
    first_failure = next((outcome.first_failure for outcome in signed_in if outcome.failed), "")
    for name, floors, bar in ((PASSWORD_SIGN_IN, hashes, _SHARE_BAR), (PASSWORD_SIGN_IN_OWN, own, None)):
        floor = middle(floors)
        share = rate / floor if rate is not None and floor and not failed else None
        facts = {"sign_ins_per_second": rate, "hashes_per_second": floor}
        detail = {**facts, "failed": failed, "first_failure": first_failure}
        yield Figure(name, share, floor=1.0, bar=bar, has_peer=False, detail=detail)


def light_in_storm(bench: Workbench, bare: Subject, subject: Subject | None) -> Iterator[Figure]:
    """Yield the light requests' p99 during a storm of sign-ins over their p99 alone, on one core.

    The one with the bar keeps 32 light requests in flight; the paced one sends 400 a second and counts each latency
    from the moment the request was due. The floor is the same for the bare server with one hash thread at nice 10:
    what the scheduler itself allows.
    """
    rounds = bench.pace.side_rounds
    for name, rate, bar in ((LIGHT_IN_STORM, None, _STORM_BAR), (PACED_LIGHT_IN_STORM, _PACED_RATE, None)):
        floor = list(_pairs(bench, bare, Weather("fixed", "hash", rate, min(2, rounds))))
        ours = []
        if subject is not None and "sign_in" in subject.jobs:
            weather = Weather("client_credentials", "sign_in", rate, rounds)
            ours = list(_pairs(bench, subject, weather))
        detail = {"limen_ms_alone_and_in_storm": ours, "bare_ms_alone_and_in_storm": floor}
        yield Figure(
            name, _ratio(ours), floor=_ratio(floor), bar=bar, lower_is_better=True, has_peer=False, detail=detail
        )


@dataclass(frozen=True, slots=True)
class Weather:
    """A light job, the storm it is caught in, the light job's rate (None: as fast as answered) and the rounds."""

    light: str
    storm: str
    rate: float | None
    rounds: int


def _pairs(bench: Workbench, subject: Subject, weather: Weather) -> Iterator[tuple[float, float]]:
    port, seconds = subject.server.port, min(_STORM_SECONDS, bench.pace.seconds)
    quiet = Plan(port, _LIGHT_CONNECTIONS, bench.pace.settle, seconds, rate=weather.rate)
    light, heavy = subject.jobs[weather.light], subject.jobs[weather.storm]
    storm = Plan(port, _STORM_CONNECTIONS, 0.0, seconds + 2 * _STORM_LEAD + 1.0, spread_addresses=True)
    light_spec, storm_spec = Spec(quiet, light.kind, light.arguments), Spec(storm, heavy.kind, heavy.arguments)
    for number in range(weather.rounds):
        alone = run(light_spec, bench.load_core)
        process = start(storm_spec, bench.load_core)
        during = run(replace(light_spec, plan=replace(quiet, warmup=quiet.warmup + _STORM_LEAD)), bench.load_core)
        raged = finish(process, storm_spec)
        bench.say(
            f"storm round {number + 1} {subject.name}: p99 {alone.p99_ms or 0:.2f} ms alone, "
            f"{during.p99_ms or 0:.2f} ms in a storm of {raged.rate:.0f} sign-ins/s ({raged.failed} failed)"
        )
        if alone.p99_ms is not None and during.p99_ms is not None and raged.done and not raged.failed:
            yield alone.p99_ms, during.p99_ms


def _ratio(pairs: list[tuple[float, float]]) -> float | None:
    return middle([during / alone for alone, during in pairs])
