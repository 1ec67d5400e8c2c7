"""``limen customers export``."""

import asyncio
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Annotated

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from
from limen.app.settings import Settings
from limen.identity.tenants.records import DEFAULT_SLUG
from limen.kernel.errors import Misconfigured


def export(
    *,
    tenant: Annotated[str, Parameter(help="The tenant's slug.")] = DEFAULT_SLUG,
    output: Annotated[Path | None, Parameter(help="A file to write; standard output unless given.")] = None,
    with_secrets: Annotated[
        bool, Parameter(help="Write password hashes and the secrets of authenticator apps as well.", negative="")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Write every customer as a line of JSON, as `limen import` takes it. It is personal data, unsealed: keep it so.

    That it was done, and whether with secrets, is in the audit log.
    """
    settings = settings_from(config)
    try:
        count = asyncio.run(_export(settings, tenant, output, with_secrets=with_secrets))
    except OSError as error:
        raise Misconfigured(f"{output} cannot be written: {error.strerror}", "name a file to write") from None
    print(f"{count} customers written.", file=sys.stderr)  # noqa: T201


async def _export(settings: Settings, slug: str, output: Path | None, *, with_secrets: bool) -> int:
    from limen.access.imports.export import Exporting  # noqa: PLC0415
    from limen.app.basis import default_tenant, open_basis, tenant_named  # noqa: PLC0415
    from limen.app.imports import private  # noqa: PLC0415
    from limen.identity.administrators import SYSTEM  # noqa: PLC0415
    from limen.identity.customers.directory import Directory  # noqa: PLC0415

    count = 0
    async with open_basis(settings) as basis:
        await default_tenant(basis)
        tenant = await tenant_named(basis, slug)
        database = basis.storage.database
        directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
        exporting = Exporting(tenant.id, database.begin, database.read, directory, SYSTEM)
        opened = private(output) if output is not None else nullcontext(sys.stdout)
        with opened as out:
            async for line in exporting.lines(with_secrets=with_secrets):
                _write(out, line)
                count += 1
    return count


def _write(out: IO[str], line: bytes) -> None:
    out.write(line.decode())
