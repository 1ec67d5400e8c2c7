"""``python -m bench.factors``: what factors cost, beside their bars; writes ``bench/out/factors.json``."""

import argparse
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import facts, report
from bench.factors.figures import figures
from bench.figures import Verdict
from bench.limen import start as limen
from bench.workbench import QUICK, ROOT, Pace, Workbench, choose_cores
from limen.kernel.entropy import SystemEntropy, random_token

OUT: Final = ROOT / "bench/out"


def main() -> int:
    """Run once; with ``--strict`` the exit status is 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.factors", description="Measure what factors cost.")
    parser.add_argument("--quick", action="store_true", help="a few of each: is everything alive?")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a bar is missed")
    parser.add_argument("--out", type=Path, default=OUT / "factors.json", help="where the JSON goes")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(console.width, report.WIDE))
    program = limen.executable()
    if program is None:
        console.print("[red]no limen command beside this interpreter or in .venv[/red]")
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    noise = facts.Noise.begin()
    server_core, load_core = choose_cores()
    with tempfile.TemporaryDirectory(prefix="limen-bench-", dir=OUT) as folder:
        pace = QUICK if arguments.quick else Pace()
        secret = random_token(SystemEntropy())
        bench = Workbench(pace, Path(folder), secret, console, server_core, load_core)
        try:
            installation = limen.install(bench, program, "sqlite")
            # Notices of the factors that are set up arrive: mail that cannot leave would be tried again in the rounds.
            delivers = {**installation.environment, "LIMEN_DEVELOPMENT_MAILBOX": "1"}
            installation = replace(installation, environment=delivers)
            found = figures(bench, limen.start(bench, installation), few=arguments.quick)
        finally:
            bench.put_away()
    about = {"floors": {}, "durability": {}, "noise": noise.facts([]), "notes": []}
    report.show(console, found, about)
    report.write(arguments.out, found, {**about, "environment": facts.environment(bench), "quick": arguments.quick})
    return int(arguments.strict and any(one.verdict in {Verdict.SHORT, Verdict.MISSING} for one in found))


if __name__ == "__main__":
    sys.exit(main())
