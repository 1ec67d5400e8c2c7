"""``limen doctor``."""

import asyncio
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.doctor import Examined, Row, Severity, Stance, examined
from limen.app.doctor.guards import named

AsJson = Annotated[bool, Parameter(name="--json", help="Write all of it as JSON, for other programs.", negative="")]
_MARKS = {Severity.WEAK: "[yellow]weak [/yellow]", Severity.WRONG: "[red]wrong[/red]"}
_ANSWERS = {
    "yes": "[green]as it should be[/green]",
    "no": "[red]does not answer, or is not whole[/red]",
    "nobody": "[dim]not asked[/dim]",
}


def doctor(*, as_json: AsJson = False, config: ConfigFile = None) -> int:
    """List every weaker setting in force, and what holds where a guard cannot ask whom it asks.

    The status is 1 where something is wrong, 0 where it is only weak.
    """
    found = asyncio.run(examined(settings_from(config)))
    if as_json:
        print(msgspec.json.encode(found).decode())  # noqa: T201
    else:
        _show(Console(), found)
    return int(not found.is_sound)


def _show(console: Console, found: Examined) -> None:
    for finding in found.findings:
        console.print(f"{_MARKS[finding.severity]} {escape(finding.what)}", soft_wrap=True, highlight=False)
        console.print(f"      [dim]{escape(finding.hint)}[/dim]", soft_wrap=True, highlight=False)
    if not found.findings:
        console.print("[green]Nothing weaker than the defaults is in force.[/green]")
    console.print("\nGuards: whom each asks, how that is now, and what holds where it is away")
    for row in found.guards:
        console.print(
            f"{escape(row.guard)} ({escape(row.asks)}): {_ANSWERS[row.answers]}", soft_wrap=True, highlight=False
        )
        for words in _stances(row):
            console.print(f"      [dim]{escape(words)}[/dim]", soft_wrap=True, highlight=False)


def _stances(row: Row) -> list[str]:
    if not row.stances:
        return [f"{row.setting}: no tenant has it asked"]
    return [_said(row, one) for one in row.stances]


def _said(row: Row, stance: Stance) -> str:
    if not row.setting:
        return f"{stance.words} (fixed: {stance.why})"
    whose = "for all" if stance.is_for_all else f"at {named(stance.at)}" if stance.at else "by default"
    return f"{row.setting} = {stance.value}: {stance.words} ({whose})"
