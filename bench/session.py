"""One run from the first server to the last figure."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench import facts, postgres, servers
from bench.figures import Figure
from bench.floors.measure import Floors
from bench.floors.measure import measure as measure_floors
from bench.limen import start as limen
from bench.limen.prepare import PrepareError
from bench.limen.walk import WalkError
from bench.peer.start import start as start_peer
from bench.subjects import Subject, Supplies, bare
from bench.suites import WORKS
from bench.workbench import Workbench
from bench.works import clients, footprint, memory, rates, sign_in

_LIMEN_FAULTS = (servers.StartError, PrepareError, WalkError, OSError, KeyError, ValueError)
_NO_LIMEN = "Limen was not measured: no limen command beside this interpreter or in .venv (see LIMEN_BENCH_COMMAND)"
_PEOPLE_WORKS = {
    "refresh_rotation",
    "code_exchange",
    sign_in.PASSWORD_SIGN_IN,
    sign_in.LIGHT_IN_STORM,
    memory.MEMORY,
}
# Sign-ins are measured on SQLite; PostgreSQL needs one customer for each refresh token and no more.
_CUSTOMERS = {rates.SQLITE: 256, rates.POSTGRES: 64}
_WRITING_WORKS = {work.name for work in WORKS if work.writes}


@dataclass(slots=True)
class Session:
    """What is running, and what was found out on the way."""

    bench: Workbench
    wanted: frozenset[str]
    with_limen: bool = True
    notes: list[str] = field(default_factory=list)
    durability: dict[str, str] = field(default_factory=dict)
    limens: dict[str, Subject] = field(default_factory=dict)
    sqlite: limen.Installation | None = None

    def run(self) -> tuple[list[Figure], dict[str, Any]]:
        """Measure everything that is wanted and return the figures and the facts."""
        noise = facts.Noise.begin()
        bench = self.bench
        bare_server = bare(bench, sys.executable)
        bench.say("floors: signatures, hashes, flushes, bare server")
        floors = measure_floors(bench, bare_server)
        peer = start_peer(bench, self._supplies())
        self.notes += peer.notes
        self._start_limens()
        figures = list(self._measure(bare_server, peer, floors))
        return figures, {
            "environment": facts.environment(bench),
            "durability": self.durability,
            "floors": floors.facts(),
            "noise": noise.facts(bench.others_busy),
            "notes": self.notes,
        }

    def _measure(self, bare_server: Subject, peer: Subject, floors: Floors) -> Iterator[Figure]:
        bench = self.bench
        for work in WORKS:
            if work.name in self.wanted:
                yield from rates.measure(bench, work, [*self.limens.values(), peer], floors)
        sqlite = self.limens.get(rates.SQLITE)
        if sign_in.PASSWORD_SIGN_IN in self.wanted:
            yield from sign_in.share_of_hash_rate(bench, sqlite)
        if sign_in.LIGHT_IN_STORM in self.wanted:
            yield from sign_in.light_in_storm(bench, bare_server, sqlite)
        if memory.MEMORY in self.wanted:
            yield memory.measure(bench, sqlite)
        if clients.CLIENT_COST in self.wanted:
            yield from self._client_cost()
        if self.wanted & {footprint.IDLE_MEMORY, footprint.SECOND_START}:
            yield from self._footprint(bare_server, sqlite)

    def _client_cost(self) -> Iterator[Figure]:
        """Yield the cost of registered clients, on Limens of their own; where one fails, what was measured stays."""
        program = limen.executable() if self.with_limen else None
        try:
            if program is not None:
                yield from clients.measure(self.bench, program)
        except _LIMEN_FAULTS as fault:
            self.notes.append(f"{clients.CLIENT_COST}: {fault}")

    def _footprint(self, bare_server: Subject, sqlite: Subject | None) -> Iterable[Figure]:
        if sqlite is not None:
            sqlite.server.stop()
        figures = footprint.measure(self.bench, bare_server, self.sqlite if sqlite is not None else None)
        return [figure for figure in figures if figure.name in self.wanted]

    def _supplies(self, name: str = "") -> Supplies:
        """Return what has to be prepared for the subject *name*; memory is measured on SQLite alone."""
        supplies = rates.supplies(self.bench.pace, (work for work in WORKS if work.name in self.wanted))
        if name == rates.SQLITE and memory.MEMORY in self.wanted:
            return replace(supplies, codes=supplies.codes + memory.codes(self.bench.pace))
        return supplies

    def _start_limens(self) -> None:
        program = limen.executable() if self.with_limen else None
        if program is None:
            self.notes.append(_NO_LIMEN if self.with_limen else "Limen was left out, as asked")
            return
        self.durability["sqlite"] = (
            "journal_mode=WAL, flushed before each answer (what Limen does; cannot be read from outside)"
        )
        self._attempt(rates.SQLITE, lambda: limen.install(self.bench, program, rates.SQLITE))
        if self.wanted & _WRITING_WORKS:
            self._attempt(rates.POSTGRES, lambda: self._install_on_postgres(program))

    def _install_on_postgres(self, program: Path) -> limen.Installation:
        databases = postgres.start(self.bench)
        self.durability["postgres"] = ", ".join(f"{name}={value}" for name, value in databases.settings.items())
        return limen.install(self.bench, program, rates.POSTGRES, (databases.data_url, databases.keystore_url))

    def _attempt(self, name: str, install: Any) -> None:
        """Bring up one Limen; where a part fails, note it and measure what is there."""
        self.bench.say(f"Limen on {name}: migrate, apply, serve")
        try:
            installation = install()
            self.limens[name] = limen.start(self.bench, installation)
            if name == rates.SQLITE:
                self.sqlite = installation
            if self.wanted & _PEOPLE_WORKS:
                self.bench.say(f"Limen on {name}: customers, sign-ins and refresh tokens")
                limen.add_people(self.bench, self.limens[name], _CUSTOMERS[name])
            limen.add_supplies(self.bench, installation, self.limens[name], self._supplies(name))
        except _LIMEN_FAULTS as fault:
            self.notes.append(f"Limen on {name}: {fault}")
            self.bench.say(f"[yellow]Limen on {name}: {fault}[/yellow]")
