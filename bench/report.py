"""The table on the terminal and ``bench/out/bench.json``."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.figures import Figure, Verdict

_COLOURS = {Verdict.GOOD: "green", Verdict.SHORT: "red", Verdict.REPORTED: "dim", Verdict.MISSING: "yellow"}
_LARGE = 100
WIDE = 124


def table(figures: Sequence[Figure], *, wide: bool) -> Table:
    """Return the table of results; the wide one has the percentiles too."""
    grid = Table(title="Limen and its peer on one core; medians", box=SIMPLE_HEAD, pad_edge=False)
    grid.add_column("work", overflow="fold")
    for heading in ("limen", "peer", "ratio", "floor", "bar"):
        grid.add_column(heading, justify="right", no_wrap=True)
    if wide:
        grid.add_column("p50 ms", justify="right", no_wrap=True)
        grid.add_column("p99 ms", justify="right", no_wrap=True)
    grid.add_column("", no_wrap=True)
    for figure in figures:
        verdict = figure.verdict
        sign = "≤" if figure.lower_is_better else "≥"
        bar = "" if figure.bar is None else f"{sign} {figure.bar:g}{' x' if figure.has_peer else ''}"
        numbers = (_number(value) for value in (figure.limen, figure.peer))
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f} x"
        percentiles = [_both(figure, name) for name in ("p50_ms", "p99_ms")] if wide else []
        mark = f"[{_COLOURS[verdict]}]{verdict.value}[/]"
        grid.add_row(figure.name, *numbers, ratio, _number(figure.floor), bar, *percentiles, mark)
    return grid


def _both(figure: Figure, name: str) -> str:
    sides = (figure.detail.get(side, {}).get(name) for side in ("limen", "peer"))
    return " / ".join(_number(value) for value in sides) if figure.has_peer else ""


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= _LARGE else f"{value:.2f}"


def show(console: Console, figures: Sequence[Figure], facts: Mapping[str, Any]) -> None:
    """Print the table, the floors and every note."""
    console.print(table(figures, wide=console.width >= WIDE))
    floors = ", ".join(f"{name.replace('_', ' ')} {value:,.0f}" for name, value in facts["floors"].items())
    console.print(f"[dim]floors: {floors}[/dim]", highlight=False)
    for title in ("durability", "noise"):
        values = ", ".join(f"{name} {value}" for name, value in facts[title].items())
        console.print(f"[dim]{title}: {values}[/dim]", highlight=False)
    for note in facts["notes"]:
        console.print(f"[dim]note: {note}[/dim]", highlight=False)


def write(path: Path, figures: Sequence[Figure], facts: Mapping[str, Any]) -> None:
    """Write the results, the facts of the run and what stands behind each figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {
        "results": [figure.result() for figure in figures],
        **facts,
        "details": {figure.name: figure.detail for figure in figures},
    }
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
