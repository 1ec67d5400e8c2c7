"""``python -m bench.attacks``: attack a running Limen, print what came of it, write ``bench/out/attacks.json``.

With ``--strict`` it exits 1 where a bar is missed. Everything is on loopback, bounded by count and by time.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench import servers
from bench.attacks.crowd import Crowd
from bench.attacks.forms import FORMS
from bench.attacks.scenes import SCENES
from bench.attacks.session import Cost, Installation, attack, besiege, cost
from bench.report import WIDE
from bench.workbench import ROOT, choose_cores

OUT: Final = ROOT / "bench/out"
DISTRIBUTED: Final = "stuffing, an address a try"
FORM_TRIES, FORM_SECONDS = 200, 40.0
STOPPED, DISTURBED, COST_SHARE = 0.99, 0.01, 0.15
RANGES_MB, LOOK_UP_US = 150, 5


def main() -> int:
    """Run once."""
    parser = argparse.ArgumentParser(prog="python -m bench.attacks", description="Attack a running Limen, on loopback.")
    parser.add_argument("--only", action="append", default=[], help="words of the scenes to play")
    parser.add_argument("--count", type=int, default=10_000, help="tries of a scene, at the most")
    parser.add_argument("--seconds", type=float, default=150.0, help="of a scene, at the most")
    parser.add_argument("--quick", action="store_true", help="60 tries of each: is everything alive?")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a bar is missed")
    parser.add_argument("--out", type=Path, default=OUT / "attacks.json", help="where the JSON goes")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(console.width, WIDE))
    OUT.mkdir(parents=True, exist_ok=True)
    count, seconds = (60, 20.0) if arguments.quick else (arguments.count, arguments.seconds)
    with tempfile.TemporaryDirectory(prefix="limen-attacks-", dir=OUT) as folder:
        installation = Installation(Path(folder), servers.free_port(), choose_cores()[0])
        installation.prepare()
        written = _run(installation, arguments.only, (count, seconds), console)
    written["bars"] = _bars(written)
    arguments.out.write_text(json.dumps(written, indent=2) + "\n")
    for bar in written["bars"]:
        colour = "green" if bar["met"] else "red"
        console.print(f"[{colour}]{bar['name']}: {bar['value']} (bar {bar['bar']})[/{colour}]", highlight=False)
    console.print(f"load {written['load_average']}; written to {arguments.out}", highlight=False)
    return int(arguments.strict and not all(bar["met"] for bar in written["bars"]))


def _run(installation: Installation, only: list[str], bounds: tuple[int, float], console: Console) -> dict[str, Any]:
    began, found, crowd = perf_counter(), [], Crowd(installation.port)

    def wanted(name: str) -> bool:
        return not only or any(word in name for word in only)

    for scene in SCENES:
        if wanted(scene.name):
            console.print(f"[dim]·[/dim] {scene.name}", highlight=False)
            found.append(attack(installation, crowd, scene, *bounds).record())
    for form in FORMS:
        if wanted(form.name):
            console.print(f"[dim]·[/dim] {form.name}", highlight=False)
            most, seconds = min(FORM_TRIES, bounds[0]), min(FORM_SECONDS, bounds[1])
            found.append(besiege(installation, crowd, form, most, seconds).record())
    costs = cost(installation) if wanted("cost") else None
    ranges = [_ranges(kind) for kind in ("cidr", "csv")] if wanted("ranges") else []
    _show(console, found, costs)
    return {
        "seconds": round(perf_counter() - began),
        "load_average": [round(one, 1) for one in os.getloadavg()],
        "scenes": found,
        "cost_ms": _cost(costs),
        "feeds": ranges,
    }


def _ranges(kind: str) -> dict[str, Any]:
    """Return what a feed of a million ranges takes, in a process of its own."""
    ran = subprocess.run([sys.executable, "-m", "bench.attacks.ranges", kind], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def _cost(costs: Cost | None) -> dict[str, float] | None:
    if costs is None:
        return None
    names = ("sign_in", "refused", "blocked", "pages", "share", "idle")
    return {name: round(getattr(costs, name), 3) for name in names}


def _bars(written: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for scene in written["scenes"]:
        if scene["scene"] == DISTRIBUTED:
            stopped, disturbed = scene["stopped"], scene["disturbed_share"]
            found.append({"name": "valid pairs stopped", "value": stopped, "bar": STOPPED, "met": stopped >= STOPPED})
            met = disturbed is not None and disturbed <= DISTURBED
            found.append({"name": "legitimate disturbed", "value": disturbed, "bar": DISTURBED, "met": met})
    if written["cost_ms"] is not None:
        share = written["cost_ms"]["share"]
        found.append({"name": "refused beside sign-in", "value": share, "bar": COST_SHARE, "met": share <= COST_SHARE})
    for one in written["feeds"]:
        name = f"a million ranges ({one['format']})"
        size, asked = one["peak_megabytes"], one["look_up_microseconds"]
        found.append({"name": f"{name}, MB", "value": size, "bar": RANGES_MB, "met": size <= RANGES_MB})
        found.append({"name": f"{name}, look-up µs", "value": asked, "bar": LOOK_UP_US, "met": asked <= LOOK_UP_US})
    return found


def _show(console: Console, found: list[dict[str, Any]], costs: Cost | None) -> None:
    title = "What the attackers reached, whom it disturbed, and what it cost them"
    table = Table(title=title, title_justify="left")
    columns = ("attack", "tries", "compared", "valid", "taken", "disturbed", "proofs", "CPU s", "told to wait s")
    for column in (*columns, "addresses", "s"):
        table.add_column(column, justify="left" if column == "attack" else "right")
    for one in found:
        disturbed, spent = f"{one['disturbed']} of {one['legitimate_sign_ins']}", one["attacker_cost"]
        if one["legitimate_sign_ups"]:
            disturbed += f"; sign-ups {one['sign_ups_hindered']} of {one['legitimate_sign_ups']}"
        cells = (one["tries"], one["compared"], one["valid_pairs"], one["accounts_taken"], disturbed)
        costs_it = (spent["proofs"], spent["cpu_seconds_on_proofs"], spent["seconds_told_to_wait"], spent["addresses"])
        table.add_row(one["scene"], *map(str, (*cells, *costs_it, one["seconds"])))
    console.print(table)
    if costs is not None:
        words = f"sign-in {costs.sign_in:.1f}, refused {costs.refused:.1f}, blocked {costs.blocked:.1f}"
        words += f"; the pages before either {costs.pages:.1f}; idle {costs.idle:.1f} a second, left out"
        console.print(f"CPU in ms: {words}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
