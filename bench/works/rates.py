"""Requests a second against the peer: the same job, the same core, in turns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.figures import Figure
from bench.floors.measure import Floors
from bench.subjects import Subject, Supplies
from bench.workbench import Pace, Workbench
from bench.works.race import Course, Series, race

SQLITE, POSTGRES, PEER = "sqlite", "postgres", "peer"


@dataclass(frozen=True, slots=True)
class Work:
    """A result and how it is made: its job, its bar and the signatures each answer needs, made and *verified*.

    ``writes`` works are measured on both databases; the others do not touch one.
    ``side_connections`` are other numbers of connections that are reported without a bar.
    ``codes`` and ``devices`` are how many are prepared for each second of a subject's turns: more than it can use.
    """

    name: str
    job: str
    bar: float
    signatures: int
    writes: bool = False
    side_connections: tuple[int, ...] = ()
    codes: int = 0
    devices: int = 0
    verified: int = 0


WORKS = (
    Work("client_credentials_es256", "client_credentials", 2.0, 1, writes=True, side_connections=(1, 8, 128)),
    Work("refresh_rotation", "refresh", 1.5, 2, writes=True),
    Work("discovery", "discovery", 3.0, 0),
    Work("jwks", "jwks", 2.0, 0),
    Work("introspection_jwt", "introspection", 1.5, 0),
)
OAUTH_WORKS = (
    Work("code_exchange", "code_exchange", 1.5, 2, writes=True, codes=9_000),
    Work("dpop_client_credentials", "dpop_client_credentials", 1.5, 1, writes=True, verified=1),
    Work("par", "par", 1.5, 0, writes=True),
    Work("device_polling", "device_polling", 2.0, 0, writes=True, devices=20_000),
)
CONNECTIONS = 32
_POLL_APART = 6.0
"""Seconds in which no device is polled twice: its interval is 5."""


def supplies(pace: Pace, works: Iterable[Work]) -> Supplies:
    """Return what has to be prepared for each subject before *works* are measured."""
    used = list(works)
    seconds = pace.warmup + pace.rounds * (pace.settle + pace.seconds)
    return Supplies(
        codes=int(seconds * max((work.codes for work in used), default=0)),
        devices=int(min(seconds, _POLL_APART) * max((work.devices for work in used), default=0)),
    )


def measure(bench: Workbench, work: Work, subjects: Sequence[Subject], floors: Floors) -> Iterator[Figure]:
    """Yield the work's figures: with its bar at 32 connections, without one at the side numbers."""
    pace = bench.pace
    entrants = [subject for subject in subjects if work.writes or subject.name != POSTGRES]
    floor = floors.serving(work.signatures, work.verified)
    series = race(bench, entrants, Course(work.job, CONNECTIONS, pace.rounds, pace.seconds, pace.warmup))
    yield from _figures(work, series, floor)
    for connections in work.side_connections:
        series = race(bench, entrants, Course(work.job, connections, pace.side_rounds, pace.side_seconds, pace.settle))
        yield from (
            replace(figure, name=f"{figure.name}_c{connections}", bar=None) for figure in _figures(work, series, floor)
        )


def _figures(work: Work, series: Mapping[str, Series], floor: float) -> Iterator[Figure]:
    """Yield one figure for each database; a Limen that failed requests gets no figure, a failing peer none either."""
    peer = series.get(PEER, Series())
    for database in (SQLITE, POSTGRES) if work.writes else (SQLITE,):
        ours = series.get(database, Series())
        name = f"{work.name}_{POSTGRES}" if database == POSTGRES else work.name
        detail = {"limen": ours.detail(), "peer": peer.detail()}
        yield Figure(name, ours.sound_rate(), peer.sound_rate(), floor, work.bar, detail=detail)
