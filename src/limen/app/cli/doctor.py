"""``limen doctor``."""

import asyncio

from rich.console import Console

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.doctor import (
    Finding,
    Severity,
    geography_findings,
    kms_findings,
    machine_findings,
    parts_findings,
    passkey_findings,
    resolver_findings,
    settings_findings,
    sms_findings,
    threat_findings,
)
from limen.app.settings import Settings

_MARKS = {Severity.WEAK: "[yellow]weak [/yellow]", Severity.WRONG: "[red]wrong[/red]"}


def doctor(*, config: ConfigFile = None) -> int:
    """List every weaker setting in force. The status is 1 where something is wrong, 0 where it is only weak."""
    settings = settings_from(config)
    console = Console()
    findings = asyncio.run(_findings(settings))
    for finding in sorted(findings, key=lambda one: one.severity, reverse=True):
        console.print(f"{_MARKS[finding.severity]} {finding.what}", soft_wrap=True, highlight=False)
        console.print(f"      [dim]{finding.hint}[/dim]", soft_wrap=True, highlight=False)
    if not findings:
        console.print("[green]Nothing weaker than the defaults is in force.[/green]")
    return int(any(finding.severity is Severity.WRONG for finding in findings))


async def _findings(settings: Settings) -> list[Finding]:
    said = [*settings_findings(settings), *machine_findings(settings)]
    said += threat_findings(settings)
    said += geography_findings(settings)
    said += passkey_findings(settings)
    said += [finding async for finding in parts_findings(settings)]
    said += [finding async for finding in kms_findings(settings)]
    said += [finding async for finding in resolver_findings(settings)]
    return said + [finding async for finding in sms_findings(settings)]
