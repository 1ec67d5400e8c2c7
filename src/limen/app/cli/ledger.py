"""``limen ledger export`` and ``limen ledger verify``."""

import asyncio
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

from cyclopts import Parameter

from limen.app.cli.options import ConfigFile, settings_from, thumbprint_of
from limen.app.settings import Settings
from limen.kernel.errors import Misconfigured

_LONGEST_RECEIPT: Final = 1_000_000


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


def verify(
    file: Annotated[Path, Parameter(help="An exported ledger, or a receipt (JSON or JWS); `-` for standard input.")],
    *,
    key: Annotated[str, thumbprint_of("the ledger's key")] = "",
    earlier: Annotated[
        Path | None, Parameter(help="An export of before: fail where this one does not begin with its records.")
    ] = None,
) -> int:
    """Verify an exported consent ledger, or a receipt. It takes no database, no settings and no secret.

    The status is 1 where something does not hold; the first thing that does not is named.
    """
    from limen.app.consents import key_reader  # noqa: PLC0415
    from limen.identity.consents.receipt import verify_receipt  # noqa: PLC0415
    from limen.identity.consents.verify import verify_export  # noqa: PLC0415

    read_key = key_reader(key)
    held_to = _earlier(earlier, read_key) if earlier is not None else None
    with _opened(file) as content:
        first = content.readline(_LONGEST_RECEIPT)
        if first.startswith(b'{"at":'):
            return _told(verify_export(_lines(first, content), read_key, held_to))
        if earlier is not None:
            raise Misconfigured(f"{file} is no exported ledger", "only a ledger can be held to an earlier one")
        return _told(verify_receipt(first + content.read(_LONGEST_RECEIPT), read_key))


def _opened(file: Path) -> Any:
    if str(file) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return file.open("rb")
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}", "name an export or a receipt") from None


def _lines(first: bytes, rest: BinaryIO) -> Any:
    yield first
    yield from rest


def _earlier(file: Path, read_key: Any) -> Any:
    """Return what an earlier export holds this one to; it is verified first."""
    from limen.identity.audit.verify import Broken  # noqa: PLC0415
    from limen.identity.consents.verify import Earlier, verify_export  # noqa: PLC0415

    with _opened(file) as content:
        found = verify_export(content, read_key)
    if isinstance(found, Broken):
        raise Misconfigured(f"{file} does not verify itself: {found.where}: {found.what}", "take another export")
    return Earlier(found.records, found.root)


def _told(found: Any) -> int:
    from limen.identity.audit.verify import Broken  # noqa: PLC0415
    from limen.identity.consents.receipt import Genuine  # noqa: PLC0415

    if isinstance(found, Broken):
        print(f"BROKEN at {found.where}: {found.what}")  # noqa: T201
        return 1
    if isinstance(found, Genuine):
        place = "its place in the ledger is proven" if found.is_placed else "it had no place in the ledger yet"
        print(f"genuine: receipt of {found.record_id} by {found.issuer}; {place}; key {found.kid}")  # noqa: T201
        return 0
    counted = f"{found.records} records, {found.checkpoints} checkpoints"
    print(f"whole: the ledger of {found.issuer}; {counted}; key {found.kid}")  # noqa: T201
    return 0


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
