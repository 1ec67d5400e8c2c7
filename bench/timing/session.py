"""One run: an installation, the servers that are asked, and what came of it."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Final, Literal

from bench import servers
from bench.limen.start import executable
from bench.timing.forms import FORMS, Asker, Form
from bench.timing.people import KINDS
from bench.timing.statistics import Difference, Estimate, compare
from bench.workbench import ROOT

_LIMITS: Final = (
    "PAGES_PER_ADDRESS",
    "JOURNEYS_PER_ADDRESS",
    "SIGN_IN_PER_ADDRESS",
    "SIGN_IN_PER_IDENTIFIER",
    "MAILS_PER_ADDRESS",
    "MAILS_PER_IDENTIFIER",
    "CODES_PER_IDENTIFIER",
)
"""All is asked from one machine, about few accounts."""
_CHEAP: Final = {"LIMEN_PASSWORDS_MEMORY_KIB": "8192", "LIMEN_PASSWORDS_TIME_COST": "1", "LIMEN_PASSWORDS_NICE": "0"}
"""Hashes that take few milliseconds: what differs beside them must not be lost in their noise."""
_BATCH: Final = 10
ACCOUNTS: Final = 40
LANES: Final = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is asked of each form: at least and at most so many blocks, of one question for each kind.

    It ends earlier once every kind is clear, and after so many *seconds*, clear or not.
    """

    least: int
    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Way:
    """How the installation is served, and what counts as a leak of it.

    Attributes:
        name: of the way; with a star where a leak is planted.
        planted: what the child changes (``bench.timing.child``).
        lanes: how many browsers ask at a time: most of the time answers wait for their even step.
        kinds: who is asked about beside the unknown.
        tolerance: the difference in seconds that is none: far below what a network adds.
        resolution: the difference in seconds that must have been seen before two kinds are said to be the same.
    """

    name: str
    planted: tuple[str, ...] = ()
    lanes: int = 1
    kinds: tuple[str, ...] = KINDS
    tolerance: float = 0.0005
    resolution: float = 0.002


SERVED: Final = Way("served", lanes=LANES)
"""As it is: answers leave on the even step."""
WORK: Final = Way("work", ("without-step",))
"""The work alone: equal also where the even step would not cover it."""
LATE: Final = Way("served*", ("late-answer",), LANES, ("unknown", "known"))
SKIPPED: Final = Way("work*", ("without-step", "skipped-hash"), 1, ("unknown", "known"))


Verdict = Literal["same", "leak", "unclear"]
"""Unclear: the machine was too busy to see a difference of the way's resolution."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one form and one kind, beside accounts that do not exist."""

    way: str
    form: str
    kind: str
    difference: Difference
    verdict: Verdict

    @property
    def is_leak(self) -> bool:
        """Tell whether the two kinds can be told apart."""
        return self.verdict == "leak"

    def record(self) -> dict[str, Any]:
        """Return what is written of it; milliseconds."""
        seen = self.difference
        return {
            "way": self.way,
            "form": self.form,
            "kind": self.kind,
            "blocks": seen.blocks,
            "typical_ms": _milliseconds(seen.typical),
            "floor_ms": _milliseconds(seen.floor),
            "spread_ms": round(seen.spread * 1000, 3),
            "p": round(seen.p, 6),
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Installation:
    """A Limen with accounts of every kind, not served yet."""

    folder: Path
    port: int
    core: int

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings."""
        return {
            "LIMEN_DATA_DIR": str(self.folder),
            "LIMEN_DATABASE_URL": f"sqlite:///{self.folder}/limen.db",
            "LIMEN_KEYSTORE_URL": f"sqlite:///{self.folder}/keys.db",
            "LIMEN_ISSUER": f"http://127.0.0.1:{self.port}",
            "LIMEN_INSECURE_HTTP": "1",
            "LIMEN_DEVELOPMENT_MAILBOX": "1",
            "LIMEN_LOG_LEVEL": "warning",
            **_CHEAP,
            **{f"LIMEN_LIMITS_{name}": "off" for name in _LIMITS},
        }

    def prepare(self) -> None:
        """Make databases and accounts."""
        program = executable()
        if program is None:
            raise servers.StartError("there is no limen command beside this interpreter")
        servers.command([str(program), "migrate"], self.environment, ROOT)
        servers.command([sys.executable, "-m", "bench.timing.people", str(ACCOUNTS)], self.environment, ROOT)

    @contextmanager
    def served(self, way: Way) -> Iterator[None]:
        """Serve it for as long as the block lasts."""
        words = [sys.executable, "-m", "bench.timing.child", str(self.port), *way.planted]
        log = self.folder / "serve.log"
        launch = servers.Launch(words, self.port, "/health/ready", log, self.environment, ROOT)
        server = servers.start(launch, self.core)
        try:
            yield
        finally:
            server.stop()


def measure(installation: Installation, way: Way, forms: Sequence[Form], pace: Pace) -> Iterator[list[Finding]]:
    """Ask *forms*, one after the other; what looks like a leak is asked again, and is one where it looks so twice."""
    with installation.served(way):
        for form in forms:
            yield _measure(installation.port, way, form, pace)


def _measure(port: int, way: Way, form: Form, pace: Pace) -> list[Finding]:
    first = _differences(port, way, form, pace, 0)
    suspects = {kind for kind, seen in first.items() if seen.is_leak(way.tolerance)}
    again = _differences(port, way, form, pace, way.lanes) if suspects else first
    found: list[Finding] = []
    for kind, seen in again.items():
        is_leak = kind in suspects and seen.is_leak(way.tolerance)
        verdict: Verdict = "leak" if is_leak else "same" if seen.is_same(way.resolution) else "unclear"
        found.append(Finding(way.name, form.name, kind, seen, verdict))
    return found


def _differences(port: int, way: Way, form: Form, pace: Pace, seed: int) -> dict[str, Difference]:
    """Ask until every kind is clear, or as much as *pace* allows."""
    askers = [Asker(port, form, way.kinds, ACCOUNTS, seed + lane) for lane in range(way.lanes)]
    running = [asker.blocks() for asker in askers]
    blocks: list[dict[str, float]] = []
    began = perf_counter()
    with ThreadPoolExecutor(way.lanes) as lanes:
        list(lanes.map(next, running))  # what is made at the first use is there
        while True:
            for batch in lanes.map(lambda asked: list(islice(asked, _BATCH)), running):
                blocks += batch
            if len(blocks) < pace.least:
                continue
            found = _compared(way, blocks)
            is_over = len(blocks) >= pace.most or perf_counter() - began > pace.seconds
            if is_over or all(one.is_leak(way.tolerance) or one.is_same(way.resolution) for one in found.values()):
                break
    for asked in running:
        asked.close()
    return found


def _compared(way: Way, blocks: Sequence[dict[str, float]]) -> dict[str, Difference]:
    nobody, *others = way.kinds
    expected = [block[nobody] for block in blocks]
    return {kind: compare([block[kind] for block in blocks], expected) for kind in others}


def chosen(names: Sequence[str]) -> tuple[Form, ...]:
    """Return the forms of these *names*; all, where there is none."""
    return tuple(form for form in FORMS if not names or form.name in names)


def _milliseconds(found: Estimate) -> list[float]:
    return [round(seconds * 1000, 3) for seconds in (found.value, found.low, found.high)]
