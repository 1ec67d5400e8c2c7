"""Requests a second against the peer: the same job, the same core, in turns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.figures import Figure
from bench.floors.measure import Floors
from bench.subjects import Subject
from bench.workbench import Workbench
from bench.works.race import Course, Series, race

SQLITE, POSTGRES, PEER = "sqlite", "postgres", "peer"


@dataclass(frozen=True, slots=True)
class Work:
    """A result and how it is made: its job, its bar and the signatures each answer needs.

    ``writes`` works are measured on both databases; the others do not touch one.
    ``side_connections`` are other numbers of connections that are reported without a bar.
    """

    name: str
    job: str
    bar: float
    signatures: int
    writes: bool = False
    side_connections: tuple[int, ...] = ()


WORKS = (
    Work("client_credentials_es256", "client_credentials", 2.0, 1, writes=True, side_connections=(1, 8, 128)),
    Work("refresh_rotation", "refresh", 1.5, 2, writes=True),
    Work("discovery", "discovery", 3.0, 0),
    Work("jwks", "jwks", 2.0, 0),
    Work("introspection_jwt", "introspection", 1.5, 0),
)
CONNECTIONS = 32


def measure(bench: Workbench, work: Work, subjects: Sequence[Subject], floors: Floors) -> Iterator[Figure]:
    """Yield the work's figures: with its bar at 32 connections, without one at the side numbers."""
    pace = bench.pace
    entrants = [subject for subject in subjects if work.writes or subject.name != POSTGRES]
    floor = floors.serving(work.signatures)
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
