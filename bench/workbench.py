"""The bench itself: cores, folders, the secret of this run, how long things take, and where progress is shown."""

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
MIN_CORES = 2


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how often: seconds and rounds."""

    rounds: int = 5
    seconds: float = 3.5
    warmup: float = 2.5
    settle: float = 0.3
    side_rounds: int = 3
    side_seconds: float = 1.5
    floor_seconds: float = 1.0
    cost_rounds: int = 7
    memory_grants: int = 200_000


QUICK = Pace(
    rounds=1,
    seconds=1.5,
    warmup=1.0,
    side_rounds=1,
    side_seconds=1.0,
    floor_seconds=0.5,
    cost_rounds=1,
    memory_grants=20_000,
)


@dataclass(slots=True)
class Workbench:
    """What every part of a run shares."""

    pace: Pace
    folder: Path
    secret: str = field(repr=False)
    console: Console
    server_core: int
    load_core: int
    others_busy: list[float] = field(default_factory=list)
    stops: list[Callable[[], None]] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Show a line of progress."""
        self.console.print(f"[dim]·[/dim] {text}", highlight=False)

    def basic(self, client_id: str) -> str:
        """Return the ``Authorization`` value of a client that authenticates with this run's secret."""
        pair = f"{client_id}:{self.secret}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def put_away(self) -> None:
        """Stop what was started, last first."""
        while self.stops:
            self.stops.pop()()


def choose_cores() -> tuple[int, int]:
    """Return (server core, load core): the first two this process may use; on one core they are the same."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[1] if len(allowed) >= MIN_CORES else allowed[0]
