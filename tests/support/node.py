"""Node and the npm packages that tests use: independent relying parties, axe-core, and the peer of the benchmarks."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "node_modules"
HINT = "npm ci --ignore-scripts"


def node() -> Path | None:
    """Return the Node that ``npm ci`` installed, else the system's."""
    packaged = MODULES / ".bin" / "node"
    if packaged.exists():
        return packaged
    found = shutil.which("node")
    return Path(found) if found else None


def package(name: str) -> Path | None:
    """Return the folder of the npm package *name*."""
    folder = MODULES / name
    return folder if (folder / "package.json").exists() else None
