"""``python -m bench``: measure a suite, print the table, write ``bench/out/bench.json`` or the suite's own file."""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from rich.console import Console

from bench import report
from bench.figures import Verdict
from bench.load.runner import LoadError
from bench.servers import StartError
from bench.session import Session
from bench.suites import SUITES, suite_of
from bench.vault.session import VaultSession
from bench.workbench import MIN_CORES, QUICK, ROOT, Pace, Workbench, choose_cores
from limen.kernel.entropy import SystemEntropy, random_token

OUT = ROOT / "bench/out"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Limen beside a peer and the floors.")
    names = [name for suite in SUITES.values() for name in suite.names]
    parser.add_argument("--suite", choices=SUITES, default="core", help="which works (default: %(default)s)")
    parser.add_argument(
        "--only", action="append", choices=names, metavar="NAME", help="measure this work, of any suite"
    )
    parser.add_argument("--quick", action="store_true", help="one round of 1.5 s each: is everything alive?")
    parser.add_argument("--without-limen", action="store_true", help="measure the peer and the floors")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a figure falls short or is missing")
    parser.add_argument("--out", type=Path, help="where the JSON goes (default: the suite's file in bench/out)")
    return parser.parse_args()


def main() -> int:
    """Run once; the exit status is 1 where a server did not start, or by ``--strict``."""
    arguments = _arguments()
    # Ended from outside, too, the run stops the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(console.width, report.WIDE))
    server_core, load_core = choose_cores()
    if server_core == load_core:
        console.print(f"[yellow]fewer than {MIN_CORES} cores: the generator shares the servers' core[/yellow]")
    os.sched_setaffinity(0, {load_core})
    suite = suite_of(arguments.only[0]) if arguments.only else SUITES[arguments.suite]
    out = arguments.out or OUT / suite.file
    with tempfile.TemporaryDirectory(prefix="limen-bench-", dir=_scratch()) as folder:
        secret = random_token(SystemEntropy())
        pace = QUICK if arguments.quick else Pace()
        bench = Workbench(pace, Path(folder), secret, console, server_core, load_core)
        begun = perf_counter()
        try:
            wanted = frozenset(arguments.only or suite.names)
            is_vault = suite is SUITES["vault"]
            session = VaultSession(bench, wanted) if is_vault else Session(bench, wanted, not arguments.without_limen)
            figures, facts = session.run()
        except (StartError, LoadError) as error:
            console.print(f"[red]{error}[/red]", highlight=False)
            return 1
        except KeyboardInterrupt:
            console.print("stopped")
            return 130
        finally:
            bench.put_away()
    report.show(console, figures, facts)
    report.write(out, figures, {**facts, "quick": arguments.quick})
    console.print(f"{perf_counter() - begun:.0f} s; written to {out}", highlight=False)
    behind = any(figure.verdict in {Verdict.SHORT, Verdict.MISSING} for figure in figures)
    return 1 if arguments.strict and behind else 0


def _scratch() -> Path:
    """Return a folder on the disk of the project, for ``/tmp`` may be memory and then flushes cost nothing."""
    OUT.mkdir(parents=True, exist_ok=True)
    return OUT


if __name__ == "__main__":
    sys.exit(main())
