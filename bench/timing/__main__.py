"""``python -m bench.timing``: ask about known and unknown accounts in turns; exit 1 on a leak.

It exits with 2 where it was blind, which is a benchmark that does not find the leaks that it planted itself, and with
3 where it is unclear: the machine was too busy to see a difference of two milliseconds.
"""

import argparse
import gc
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from bench import servers
from bench.report import WIDE
from bench.timing.forms import FORMS, AskingError, Form
from bench.timing.session import LATE, SERVED, SKIPPED, WORK, Finding, Installation, Pace, Way, chosen, measure
from bench.workbench import ROOT, choose_cores

OUT = ROOT / "bench/out"
_SERVED = Pace(60, 240, 90.0)
_WORK = Pace(60, 400, 90.0)
_PLANTED = Pace(60, 400, 90.0)
_QUICK = Pace(20, 20, 15.0)
_STATUS = {"same": 0, "leak": 1, "blind": 2, "unclear": 3}
_PLANTED_IN = "sign_in_password"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.timing", description="Can accounts be told by time?")
    names = [form.name for form in FORMS]
    parser.add_argument("--only", action="append", default=[], choices=names, help="ask this form")
    parser.add_argument("--quick", action="store_true", help="20 blocks of each form: is everything alive?")
    parser.add_argument("--out", type=Path, default=OUT / "timing.json", help="where the JSON goes")
    return parser.parse_args()


def main() -> int:
    """Run once."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console, began = Console(), perf_counter()
    if not console.is_terminal:
        console = Console(width=max(console.width, WIDE))
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="limen-timing-", dir=OUT) as folder:
        installation = Installation(Path(folder), servers.free_port(), choose_cores()[0])
        try:
            installation.prepare()
            found = _run(installation, arguments, console)
        except (servers.StartError, AskingError) as error:
            console.print(f"[red]{error}[/red]", highlight=False)
            return 2
    honest = [finding for finding in found if finding.way in {SERVED.name, WORK.name}]
    missed = [way.name for way in (LATE, SKIPPED) if not any(one.is_leak for one in found if one.way == way.name)]
    verdicts = {finding.verdict for finding in honest}
    verdict = "leak" if "leak" in verdicts else "blind" if missed else "unclear" if "unclear" in verdicts else "same"
    _show(console, found)
    seconds, load = round(perf_counter() - began), [round(one, 1) for one in os.getloadavg()]
    findings = [finding.record() for finding in found]
    written = {"verdict": verdict, "seconds": seconds, "load_average": load, "findings": findings}
    arguments.out.write_text(json.dumps(written, indent=2) + "\n")
    console.print(f"{verdict}; {seconds} s, load {load}; written to {arguments.out}", highlight=False)
    for name in missed:
        console.print(f"[red]blind: the leak of {name} was not found[/red]", highlight=False)
    return _STATUS[verdict]


def _run(installation: Installation, arguments: argparse.Namespace, console: Console) -> list[Finding]:
    forms, planted = chosen(arguments.only), chosen([_PLANTED_IN])
    plan: tuple[tuple[Way, Sequence[Form], Pace], ...] = (
        (LATE, planted, _PLANTED),
        (SKIPPED, planted, _PLANTED),
        (WORK, forms, _WORK),
        (SERVED, forms, _SERVED),
    )
    found: list[Finding] = []
    gc.freeze()
    for way, asked, pace in plan:
        console.print(f"[dim]·[/dim] {way.name}: {len(asked)} forms", highlight=False)
        for findings in measure(installation, way, asked, _QUICK if arguments.quick else pace):
            found += findings
            words = ", ".join(f"{finding.kind} {finding.verdict}" for finding in findings)
            console.print(f"  {findings[0].form}: {words}", highlight=False)
    return found


def _show(console: Console, found: Sequence[Finding]) -> None:
    table = Table(
        title="Beside an address that nobody has, in ms; * with a leak that was planted", title_justify="left"
    )
    words = ("", "form", "account", "verdict")
    for column in (*words, "blocks", "typical", "quickest quarter", "p"):
        table.add_column(column, justify="left" if column in words else "right")
    for finding in found:
        record = finding.record()
        verdict = "[red]leak[/red]" if finding.is_leak else finding.verdict
        figures = ["{:+.2f} ({:+.2f} … {:+.2f})".format(*record[name]) for name in ("typical_ms", "floor_ms")]
        counts = (str(record["blocks"]), *figures, f"{record['p']:.4f}")
        table.add_row(finding.way, finding.form, finding.kind, verdict, *counts)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
