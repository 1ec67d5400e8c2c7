"""``limen audit verify``, ``limen audit export`` and ``limen audit checkpoint``."""

import asyncio
import os
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from, thumbprint_of
from limen.app.settings import Settings
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import DEFAULT_SLUG
from limen.kernel.errors import Misconfigured

if TYPE_CHECKING:  # loaded by the commands themselves
    from limen.app.auditing import Verdict, Witnessed

_LONGEST_LINE: Final = 1 << 26
"""Of an exported log: a checkpoint lists every segment."""
OneTenant = Annotated[str | None, Parameter(name="--tenant", help="One tenant's slug; all tenants unless given.")]


def verify(
    file: Annotated[
        Path | None,
        Parameter(help="An exported log, `-` for standard input; it takes no database, no settings and no secret."),
    ] = None,
    /,
    *,
    tenant: OneTenant = None,
    witness: Annotated[
        Path | None, Parameter(help="Checkpoints kept elsewhere: fail where the database holds one of them no longer.")
    ] = None,
    key: Annotated[str, thumbprint_of("the log's key, for a file")] = "",
    config: ConfigFile = None,
) -> int:
    """Verify the audit logs, or a file that one was exported to: every chain, every checkpoint.

    The status is 1 where something does not hold; the first thing that does not is named.
    """
    lines = _lines(witness) if witness is not None else []
    if file is not None:
        return _verify_file(file, key, lines)
    if key:
        raise Misconfigured("--key is held against a file, and none is named", "limen audit export writes one")
    return asyncio.run(_verify(settings_from(config), tenant, lines))


def export(
    file: Annotated[Path, Parameter(help="The file to write; `-` for standard output.")],
    /,
    *,
    tenant: Annotated[str, Parameter(name="--tenant", help="The tenant's slug.")] = DEFAULT_SLUG,
    config: ConfigFile = None,
) -> None:
    """Write a tenant's audit log to a file that verifies without the database. What is sealed stays away."""
    settings = settings_from(config)
    if str(file) == "-":
        asyncio.run(_export(settings, tenant, sys.stdout.buffer))
        return
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            written = asyncio.run(_export(settings, tenant, out))
    except OSError as error:
        raise Misconfigured(f"{file} cannot be written: {error.strerror}", "name a file to write") from None
    print(f"{written} lines written to {file}.")  # noqa: T201


def checkpoint(
    *,
    out: Annotated[Path | None, Parameter(help="A file to append to; standard output unless given.")] = None,
    tenant: OneTenant = None,
    config: ConfigFile = None,
) -> None:
    """Sign what the logs have grown by, and give out the newest checkpoints, for a witness outside the database."""
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


def _verify_file(file: Path, key: str, lines: list[bytes]) -> int:
    from limen.app.consents import key_reader  # noqa: PLC0415
    from limen.identity.audit.offline import verify_export  # noqa: PLC0415
    from limen.identity.audit.verify import Broken  # noqa: PLC0415

    witnessed = [checkpoint for _, checkpoint in _witnessed(lines)]
    try:
        with nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as content:
            read = iter(partial(content.readline, _LONGEST_LINE), b"")
            found = verify_export(read, key_reader(), key, witnessed)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}", "limen audit export writes one") from None
    if isinstance(found, Broken):
        print(f"BROKEN at {found.where}: {found.what}")  # noqa: T201
        return 1
    counted = f"{found.records} records in {found.segments} segments, {found.checkpoints} checkpoints"
    if found.pruned:
        counted += f", of which retention took {found.pruned}"
    print(f"whole: the audit log of {found.issuer}; {counted}; key {found.kid}")  # noqa: T201
    return 0


async def _export(settings: Settings, slug: str, out: BinaryIO) -> int:
    from limen.app.auditing import exported  # noqa: PLC0415
    from limen.app.basis import open_basis, tenant_named  # noqa: PLC0415

    written = 0
    async with open_basis(settings) as basis:
        tenant = await tenant_named(basis, slug)
        if await basis.keyring.held_tenant(tenant.id) is None:
            raise Misconfigured("the tenant's keys are destroyed", "nothing can be signed for it any more")
        async for line in exported(basis, tenant, SYSTEM.name):
            out.write(line)
            written += 1
    return written


async def _verify(settings: Settings, slug: str | None, lines: list[bytes]) -> int:
    from limen.app.auditing import tenants_named, verify  # noqa: PLC0415
    from limen.app.basis import open_basis  # noqa: PLC0415

    witnessed = _witnessed(lines)
    absent = {line.tenant: line.issuer for line, _ in witnessed} if slug is None else {}
    is_whole, seen = True, 0
    async with open_basis(settings) as basis:
        async for tenant in tenants_named(basis, slug):
            verdict = await verify(basis, tenant, witnessed)
            absent.pop(tenant.id, None)
            is_whole, seen = _told(verdict) and is_whole, seen + 1
    if not seen:
        raise _no_tenant(slug)
    for issuer in absent.values():
        print(f"{issuer}: BROKEN: the witness holds checkpoints of it, and the database has no such tenant")  # noqa: T201
    return int(not is_whole or bool(absent))


def _told(verdict: "Verdict") -> bool:
    """Print one tenant's line and return whether its log is whole."""
    from limen.identity.audit.verify import Broken  # noqa: PLC0415

    outcome = verdict.outcome
    if isinstance(outcome, Broken):
        print(f"{verdict.tenant}: BROKEN at {outcome.where}: {outcome.what}")  # noqa: T201
        return False
    counted = f"{outcome.records} records in {outcome.segments} segments, {outcome.checkpoints} checkpoints"
    if outcome.prunings:
        counted += f"; {outcome.prunings} signed prunings took what was older"
    print(f"{verdict.tenant}: whole; {counted}")  # noqa: T201
    return True


def _witnessed(lines: list[bytes]) -> "Witnessed":
    from limen.identity.audit.witness import read  # noqa: PLC0415

    found = []
    for number, line in enumerate(lines, 1):
        one = read(line)
        if one is None:
            raise Misconfigured(f"line {number} of the witness's file is none", "limen audit checkpoint writes them")
        found.append(one)
    return found


def _no_tenant(slug: str | None) -> Misconfigured:
    return Misconfigured(f"there is no tenant {slug}" if slug else "there is no tenant yet", "limen serve makes one")


async def _checkpoint(settings: Settings, slug: str | None) -> list[str]:
    from limen.app.auditing import newest_checkpoint, tenants_named  # noqa: PLC0415
    from limen.app.basis import open_basis  # noqa: PLC0415

    async with open_basis(settings) as basis:
        lines = [await newest_checkpoint(basis, tenant) async for tenant in tenants_named(basis, slug)]
    if not lines:
        raise _no_tenant(slug)
    return [line.decode() + "\n" for line in lines if line is not None]


def _lines(file: Path) -> list[bytes]:
    try:
        return [line for line in file.read_bytes().splitlines() if line.strip()]
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}", "name the witness's file") from None
