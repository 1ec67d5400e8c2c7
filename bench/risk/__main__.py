"""``python -m bench.risk``: simulate a year, print the table, write ``bench/out/risk.json`` and ``risk.png``.

Then it measures how long a score takes among a million customers. It exits with 1 where a cell is more than one above
the figure of the paper, where the added signals do not spare enough (:mod:`bench.risk.gains`), or where a score takes
longer than a millisecond.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.report import WIDE
from bench.risk.attackers import ATTACKERS
from bench.risk.evaluate import PAGE, Evaluation, Parts, Scored, asked_again, threshold, totals
from bench.risk.fit import fit
from bench.risk.gains import AT_MOST, gains
from bench.risk.parameters import AFTER, PAPER, REPORTING, TPRS, TUNING, Parameters
from bench.risk.picture import area, png, roc, svg
from bench.risk.score import measured
from bench.workbench import ROOT, Pace, Workbench, choose_cores
from limen.trust.risk.calibration import MODEL, probability
from limen.trust.risk.signals import SIGNALS

OUT = ROOT / "bench/out"
ALLOWED_ABOVE = 1
_LEVELS = (0.005, 0.01, 0.02, 0.05, 0.1)
ABLATED = ("targeted", "very_targeted", "thief")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.risk", description="How good is the risk model?")
    parser.add_argument("--tuning", action="store_true", help="simulate the tuning set, which reports nothing")
    parser.add_argument("--fit", action="store_true", help="fit the calibration, on the tuning set, and print it")
    parser.add_argument("--score", action="store_true", help="measure how long a score takes, and nothing else")
    parser.add_argument("--no-score", action="store_true", help="do not measure how long a score takes")
    parser.add_argument("--out", type=Path, default=OUT / "risk.json", help="where the JSON goes")
    return parser.parse_args()


def main() -> int:
    """Run once."""
    arguments, console, began = _arguments(), Console(), perf_counter()
    if not console.is_terminal:
        console = Console(width=max(console.width, WIDE))
    if arguments.score:
        return 0 if all(one["is_met"] for one in _scores(console).values()) else 1
    parameters = TUNING if arguments.tuning or arguments.fit else REPORTING
    scored = Evaluation(parameters).run()
    if arguments.fit:
        console.print("slope {:.3f}, offset {:.3f}".format(*fit(scored)))
        return 0
    report = _report(scored, parameters)
    _show(console, report)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    drawing = svg(
        _curves(scored),
        f"Who is asked again, and who is caught (model {MODEL}; with what pages tell dotted, base dashed)",
    )
    arguments.out.with_suffix(".svg").write_text(drawing)
    if not asyncio.run(png(drawing, arguments.out.with_suffix(".png"))):
        console.print("[yellow]no browser: the picture is there as SVG alone[/yellow]")
    report["score"] = {} if arguments.no_score else _scores(console)
    report["seconds"] = round(perf_counter() - began, 1)
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    missed = [row for row in (*report["rows"], *report["gains"]) if not row["is_met"]]
    console.print(f"{len(missed)} rows above their bar; {report['seconds']} s; written to {arguments.out}")
    is_slow = any(not one["is_met"] for one in report["score"].values())
    return 1 if missed or is_slow else 0


def _scores(console: Console) -> dict[str, Any]:
    """Return how long a score takes on both databases, and show it."""
    OUT.mkdir(parents=True, exist_ok=True)
    server_core, load_core = choose_cores()
    with tempfile.TemporaryDirectory(prefix="limen-bench-", dir=OUT) as folder:
        bench = Workbench(Pace(), Path(folder), "", console, server_core, load_core)
        try:
            found = measured(bench)
        finally:
            bench.put_away()
    for name, one in found.items():
        verdict = "met" if one["is_met"] else "[red]missed[/red]"
        console.print(
            f"risk_score_ms on {name}: {one['risk_score_ms']} (95 %: {one['p95_ms']}; bar {one['bar_ms']}: {verdict}), "
            f"among {one['customers']:,} customers and {one['counters']:,} counters",
            highlight=False,
        )
    return found


def _row(customers: dict[int, list[float]], attacks: Sequence[float], after: int) -> list[float]:
    return [asked_again(customers, threshold(attacks, tpr), after) for tpr in TPRS]


def _all(parts: dict[int, list[Parts]], *but: str) -> dict[int, list[float]]:
    return {number: totals(one, *but) for number, one in parts.items()}


def _report(scored: Scored, parameters: Parameters) -> dict[str, Any]:
    full, page = _all(scored.parts, *PAGE), _all(scored.parts)
    rows = []
    for kind in ATTACKERS:
        for after in AFTER:
            limen, paper = _row(full, totals(scored.attacks[kind], *PAGE), after), PAPER.get((kind, after))
            told = _row(page, totals(scored.attacks[kind]), after)
            base = _row(scored.base, scored.attacks_base[kind], after)
            is_met = all(ours <= theirs + ALLOWED_ABOVE for ours, theirs in zip(limen, paper or (), strict=False))
            row = {"attacker": kind, "after": after, "limen": limen, "with_page": told, "base": base, "paper": paper}
            rows.append({**row, "is_met": is_met})
    return {
        "model": MODEL,
        "parameters": asdict(parameters),
        "tpr": TPRS,
        "rows": rows,
        "gains": gains(scored),
        "areas": {
            kind: {model: round(area(curve), 5) for model, curve in models.items()}
            for kind, models in _curves(scored).items()
        },
        "ablation": _ablation(scored),
        "levels": _at_levels(scored),
        "customers_measured": len(full),
        "attacks_each": len(scored.attacks[ATTACKERS[0]]),
    }


def _ablation(scored: Scored) -> dict[str, dict[str, list[float]]]:
    """Return the median after 39 without each signal, without all that pages tell, and without attack data."""
    found: dict[str, dict[str, list[float]]] = {}
    for kind in ABLATED:
        attacks = scored.attacks[kind]
        rows = {"nothing left out": _row(_all(scored.parts), totals(attacks), AFTER[-1])}
        rows["what pages tell"] = _row(_all(scored.parts, *PAGE), totals(attacks, *PAGE), AFTER[-1])
        for signal in SIGNALS:
            but = signal.name
            rows[but] = _row(_all(scored.parts, but), totals(attacks, but), AFTER[-1])
        rows["attack data"] = _row(_all(scored.plain), totals(scored.attacks_plain[kind]), AFTER[-1])
        found[kind] = rows
    return found


def _at_levels(scored: Scored) -> list[dict[str, Any]]:
    """Return who is challenged at a probability: the share of sign-ins, and of attacks of each kind."""
    customers = [probability(score) for scores in _all(scored.parts, *PAGE).values() for score in scores]
    kinds = {kind: [probability(score) for score in totals(scored.attacks[kind], *PAGE)] for kind in ATTACKERS}
    return [
        {
            "probability": level,
            "customers": round(sum(one >= level for one in customers) / len(customers), 4),
            "attacks": {kind: round(sum(one >= level for one in ones) / len(ones), 3) for kind, ones in kinds.items()},
        }
        for level in _LEVELS
    ]


def _curves(scored: Scored) -> dict[str, dict[str, list[tuple[float, float]]]]:
    full = [score for scores in _all(scored.parts, *PAGE).values() for score in scores]
    page = [score for scores in _all(scored.parts).values() for score in scores]
    base = [score for scores in scored.base.values() for score in scores]
    return {
        kind: {
            "limen": roc(full, totals(scored.attacks[kind], *PAGE)),
            "with_page": roc(page, totals(scored.attacks[kind])),
            "base": roc(base, scored.attacks_base[kind]),
        }
        for kind in ATTACKERS
    }


def _show(console: Console, report: dict[str, Any]) -> None:
    table = Table(title="Median of how often a customer is asked again", title_justify="left")
    for column in ("attacker", "after", *(f"TPR {tpr}" for tpr in TPRS), "with page", "the paper", "base, here", "bar"):
        table.add_column(column)
    for row in report["rows"]:
        verdict = "" if row["paper"] is None else "met" if row["is_met"] else "[red]missed[/red]"
        cells = [f"{value:g}" for value in row["limen"]]
        paper = " ".join(map(str, row["paper"])) if row["paper"] else ""
        base = " ".join(f"{value:g}" for value in row["base"])
        told = " ".join(f"{value:g}" for value in row["with_page"])
        table.add_row(row["attacker"], str(row["after"]), *cells, told, paper, base, verdict)
    console.print(table)
    _show_gains(console, report["gains"])
    for kind, rows in report["ablation"].items():
        ablated = Table(title=f"{kind}, after {AFTER[-1]}, without", title_justify="left")
        for column in ("", *(f"TPR {tpr}" for tpr in TPRS)):
            ablated.add_column(column)
        for name, values in rows.items():
            ablated.add_row(name, *(f"{value:g}" for value in values))
        console.print(ablated)
    for level in report["levels"]:
        caught = ", ".join(f"{kind} {share:.1%}" for kind, share in level["attacks"].items())
        console.print(f"at {level['probability']}: {level['customers']:.2%} of sign-ins; {caught}", highlight=False)


def _show_gains(console: Console, rows: list[dict[str, Any]]) -> None:
    title = f"The same over all rates, summed: what the added signals spare (bar: {AT_MOST:.0%} at the most)"
    table = Table(title=title, title_justify="left")
    for column in ("attacker", "after", "beside", "theirs", "limen", "with page", "bar", "", "most by", "without it"):
        table.add_column(column)
    for row in rows:
        verdict = "met" if row["is_met"] else "[red]missed[/red]"
        figures = (f"{row[name]:g}" for name in ("theirs", "limen", "with_page", "bar"))
        after = " + ".join(map(str, row["after"]))
        cells = (row["attacker"], after, row["against"], *figures, verdict, row["signal"], f"{row['without_it']:g}")
        table.add_row(*cells)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
