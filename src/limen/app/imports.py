"""Customers in and out, from the command line: what a file is, and how the parts are joined."""

import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

import msgspec

from limen.access.imports.records import Import, Refused
from limen.access.imports.run import Importing
from limen.app.basis import Basis
from limen.app.footprint import settle
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.settings import Argon2Parameters, PoolSettings
from limen.identity.tenants.records import Tenant
from limen.integration.imports.firebase import HashParameters, parameters
from limen.integration.imports.picking import Unfit, decoded
from limen.integration.imports.table import FORMATS, Row
from limen.kernel.errors import Misconfigured

_CHUNK: Final = 1 << 20
_PAGE: Final = 1_000


@asynccontextmanager
async def importing(basis: Basis, tenant: Tenant) -> AsyncIterator[Importing]:
    """Lend what brings customers in to *tenant*, with hash threads of its own, in a process that does nothing else."""
    settle()
    database, given = basis.storage.database, basis.settings.passwords
    cost = Argon2Parameters(given.memory_kib, given.time_cost, given.parallelism)
    pool = HashPool(PoolSettings(), basis.clock)
    hasher = PasswordHasher(cost, pool, basis.entropy)
    try:
        yield Importing(tenant, database.begin, database.read, basis.keyring, hasher, basis.clock, basis.entropy)
    finally:
        await pool.close()


def digest_of(file: BinaryIO) -> str:
    """Return the SHA-256 of a file, in hexadecimal, and go back to its beginning."""
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def rows_of(file: BinaryIO, form: str, project: Path | None) -> Iterator[Row]:
    """Return the rows of *file*; *project* is what Firebase's console shows of hashes.

    Raises:
        Misconfigured: there is no such format, or *project* cannot be read.
    """
    known = FORMATS.get(form)
    if known is None:
        raise Misconfigured(f"there is no format {form!r}", "one of: " + ", ".join(FORMATS))
    return known.rows(file, _project(project) if project is not None else HashParameters())


async def write_report(basis: Basis, done: Import, tenant: Tenant, out: IO[str]) -> None:
    """Write every refused row of an import, and its sums at the end, as JSON on a line each."""
    after = (0, "")
    while True:
        async with basis.storage.database.read(tenant.id) as unit:
            page = await unit.imports.refusals(done.id, after=after, limit=_PAGE)
        for refused in page:
            out.write(refused_line(refused))
        if len(page) < _PAGE:
            break
        after = (page[-1].row, page[-1].field)
    out.write(sums_line(done))


def refused_line(refused: Refused) -> str:
    """Return the line that tells of a refused row."""
    return _line({"row": refused.row, "line": refused.line, "field": refused.field, "code": refused.code})


def sums_line(done: Import) -> str:
    """Return the line that tells what an import did."""
    return _line(
        {
            "import": str(done.id),
            "file": done.digest,
            "format": done.format,
            "state": done.state.value,
            "rows": done.position,
            "created": done.created,
            "present": done.present,
            "refused": done.refused,
            "left_out": dict(done.left_out),
        }
    )


def private(path: Path) -> IO[str]:
    """Open *path* for writing, for nobody else to read: a report tells who was in a file, an export everything."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")  # noqa: PTH123


def _line(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode() + "\n"


def _project(path: Path) -> HashParameters:
    try:
        return parameters(decoded(path.read_bytes()))
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}", "the parameters as the console shows") from None
    except Unfit as unfit:
        raise Misconfigured(f"{path}: {unfit.field} {unfit.code}", "the parameters as the console shows") from None
