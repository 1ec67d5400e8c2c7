"""``limen ledger export`` and ``limen ledger checkpoint``."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, BinaryIO

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured


def export(
    *,
    tenant: Annotated[str, Parameter(name="--tenant", help="The tenant's slug.")] = "default",
    out: Annotated[Path | None, Parameter(help="The file to write; standard output unless given.")] = None,
    config: ConfigFile = None,
) -> None:
    """Write a tenant's consent ledger to a file that verifies without the database. It holds nothing personal."""
    settings = settings_from(config)
    if out is None:
        asyncio.run(_export(settings, tenant, sys.stdout.buffer))
        return
    try:
        with out.open("wb") as file:
            lines = asyncio.run(_export(settings, tenant, file))
    except OSError as error:
        raise Misconfigured(f"{out} cannot be written: {error.strerror}", "name a file to write") from None
    print(f"{lines} lines written to {out}.")  # noqa: T201


def checkpoint(
    *,
    out: Annotated[Path | None, Parameter(help="A file to append to; standard output unless given.")] = None,
    tenant: Annotated[
        str | None, Parameter(name="--tenant", help="One tenant's slug; all tenants unless given.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Sign what the ledgers have grown by, and give out the newest checkpoints, for a witness outside the database."""
    lines = asyncio.run(_checkpoint(settings_from(config), tenant))
    if out is None:
        sys.stdout.write("".join(lines))
        return
    try:
        with out.open("a", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as error:
        raise Misconfigured(f"{out} cannot be written: {error.strerror}", "name a file of the witness's") from None
    print(f"{len(lines)} checkpoints written to {out}.")  # noqa: T201


async def _export(settings: Settings, slug: str, out: BinaryIO) -> int:
    from limen.app.basis import open_basis, tenant_named  # noqa: PLC0415
    from limen.app.consents import exported  # noqa: PLC0415

    written = 0
    async with open_basis(settings) as basis:
        tenant = await tenant_named(basis, slug)
        async for line in exported(basis, tenant):
            out.write(line)
            written += 1
    return written


async def _checkpoint(settings: Settings, slug: str | None) -> list[str]:
    from limen.app.auditing import tenants_named  # noqa: PLC0415
    from limen.app.basis import open_basis  # noqa: PLC0415
    from limen.app.consents import newest_checkpoint  # noqa: PLC0415

    async with open_basis(settings) as basis:
        lines = [await newest_checkpoint(basis, tenant) async for tenant in tenants_named(basis, slug)]
    if not lines:
        raise Misconfigured(f"there is no tenant {slug}" if slug else "there is no tenant yet", "limen serve makes one")
    return [line.decode() for line in lines if line is not None]
