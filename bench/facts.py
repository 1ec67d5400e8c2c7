"""Facts of the run that the figures depend on."""

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.load.statistics import middle
from bench.peer.start import node_binary, node_modules
from bench.processes import steal_and_total
from bench.workbench import Workbench

_PACKAGES = ("limen", "granian", "uvloop", "cryptography", "argon2-cffi", "asyncpg", "sqlalchemy")
LOAD_TOOL = "bench.load (own epoll client, one process on the load core)"


@dataclass(frozen=True, slots=True)
class Noise:
    """What else the machine did: begin here, ask at the end."""

    load_average: float
    steal: int
    total: int

    @classmethod
    def begin(cls) -> "Noise":
        """Note the state before the run."""
        return cls(os.getloadavg()[0], *steal_and_total())

    def facts(self, others_busy: list[float]) -> dict[str, float]:
        """Return the load before the run, the share of time the hypervisor took, and what others took of the core.

        *others_busy* are the shares of the servers' core that went to anything but the server under load, by turn.
        """
        steal, total = steal_and_total()
        share = (steal - self.steal) / max(1, total - self.total)
        return {
            "load_average_before": round(self.load_average, 2),
            "stolen_share": round(share, 4),
            "others_on_server_core": round(middle(others_busy) or 0.0, 3),
            "others_on_server_core_worst": round(max(others_busy, default=0.0), 3),
        }


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _peer_versions() -> dict[str, str]:
    import json  # noqa: PLC0415 - used here alone

    modules = node_modules()
    package = json.loads((modules / "oidc-provider" / "package.json").read_text())
    node = subprocess.run([node_binary(modules), "--version"], capture_output=True, text=True, check=True)
    return {"oidc-provider": str(package["version"]), "node": node.stdout.strip()}


def environment(bench: Workbench) -> dict[str, Any]:
    """Return the machine, the cores and the versions."""
    return {
        "cpu_count": os.cpu_count(),
        "cpu": _processor(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "server_core": bench.server_core,
        "load_core": bench.load_core,
        "load_tool": LOAD_TOOL,
        "versions": {**{name: _installed(name) for name in _PACKAGES}, **_peer_versions()},
    }
