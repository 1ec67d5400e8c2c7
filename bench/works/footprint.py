"""Memory at rest and the second start of ``limen serve``, beside those of the bare server."""

from time import sleep
from typing import Any

from bench import servers
from bench.figures import Figure
from bench.limen.start import Installation
from bench.processes import memory_mib, tree
from bench.subjects import Subject
from bench.workbench import Workbench

_STARTS = 3
_REST_SECONDS = 3.0
_MEMORY_BAR_MIB = 130.0
_START_BAR_SECONDS = 2.0
IDLE_MEMORY = "idle_rss_mb"
SECOND_START = "second_start_seconds"


def measure(bench: Workbench, bare: Subject, installation: Installation | None) -> list[Figure]:
    """Return both figures. The data directory has been used before, so every start here is a second one."""
    starts: list[float] = []
    memory = {"Rss": 0.0, "Pss": 0.0}
    if installation is not None:
        for _ in range(_STARTS):
            server = servers.start(installation.launch, bench.server_core)
            try:
                starts.append(server.started_in)
                if len(starts) == _STARTS:
                    sleep(_REST_SECONDS)
                    memory = {kind: memory_mib(tree(server.pid), kind) for kind in memory}
            finally:
                server.stop()
            bench.say(f"start {len(starts)}: {starts[-1]:.2f} s")
    figures = (
        (IDLE_MEMORY, memory["Rss"] or None, memory_mib(tree(bare.server.pid), "Rss"), _MEMORY_BAR_MIB),
        (
            SECOND_START,
            sorted(starts)[len(starts) // 2] if starts else None,
            bare.server.started_in,
            _START_BAR_SECONDS,
        ),
    )
    details: tuple[dict[str, Any], ...] = (
        {"pss_mb": round(memory["Pss"], 1)},
        {"starts": [round(start, 3) for start in starts]},
    )
    return [
        Figure(name, limen, floor=floor, bar=bar, lower_is_better=True, has_peer=False, detail=detail)
        for (name, limen, floor, bar), detail in zip(figures, details, strict=True)
    ]
