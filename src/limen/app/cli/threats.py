"""``limen threats …``: what is known before anybody comes."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured


def build_corpus(
    file: Annotated[
        Path, Parameter(help="A list of passwords, one a line, or of their SHA-1 (SHA-1:count, ordered or not).")
    ],
    /,
    *,
    pairs: Annotated[
        bool, Parameter(help="The list holds address:password; keyed, and for this installation.")
    ] = False,
    least: Annotated[int, Parameter(help="Leave out counted passwords that were seen fewer times.")] = 1,
    output: Annotated[Path | None, Parameter(help="Where the set goes; as the settings say unless given.")] = None,
    config: ConfigFile = None,
) -> None:
    """Make the set of breached passwords of a list. It takes effect within a minute, and needs no restart."""
    settings = settings_from(config)
    if not file.is_file():
        raise Misconfigured(f"there is no file {file}", "a list of passwords")
    key = asyncio.run(_pair_key(settings)) if pairs else b""
    made = _build(settings, file, output, (least, key))
    print(f"{made[0]} {'pairs' if pairs else 'passwords'}, {made[1]} bytes each: {made[2]}")  # noqa: T201


def _build(settings: Settings, file: Path, output: Path | None, how: tuple[int, bytes]) -> tuple[int, str, Path]:
    from limen.app.threats import pairs_path, passwords_path  # noqa: PLC0415
    from limen.kernel.clock import SystemClock  # noqa: PLC0415
    from limen.trust.threats.building import Recipe, build  # noqa: PLC0415

    least, key = how
    target = output or (pairs_path(settings) if key else passwords_path(settings))
    target.parent.mkdir(parents=True, exist_ok=True)
    recipe = Recipe("pairs" if key else "passwords", least, key)
    about = build(file, target, recipe, SystemClock().now(), _progress)
    return about.count, f"{target.stat().st_size / about.count:.2f}", target


def _progress(what: str, number: int) -> None:
    print(f"\r{what}: {number:,}", end="", file=sys.stderr, flush=True)  # noqa: T201
    if number % 1_000_000:
        print(file=sys.stderr)  # noqa: T201


async def _pair_key(settings: Settings) -> bytes:
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.threats import pair_key  # noqa: PLC0415

    async with open_basis(settings) as basis:
        return await pair_key(basis)
