"""An import on PostgreSQL: how many customers a second go in, with hashes that need no work.

The file is Limen's own format: an address, an identifier of the other system, names, a language and a bcrypt hash of
cost 12, which is kept as it is. Timed is the whole of ``Importing.run``: reading, parsing, judging, blind indexes, keys
in the key store, sealing, and the commits with audit records. This process has one core, PostgreSQL the other.
"""

import asyncio
import os
from collections.abc import Iterator
from io import BytesIO
from statistics import median
from time import perf_counter, process_time
from typing import Final

import msgspec

from bench.figures import Figure
from bench.vault.place import TENANT, Vault
from limen.access.imports.records import Import
from limen.access.imports.run import ROWS, Importing
from limen.app.basis import default_tenant, open_basis
from limen.app.imports import importing
from limen.app.settings import Settings
from limen.integration.imports.firebase import HashParameters
from limen.integration.imports.table import FORMATS
from limen.kernel.secret import Secret

IMPORT: Final = "import"
_CUSTOMERS: Final = 40_000
_ROUNDS: Final = 3
_BAR: Final = 5_000.0


def measure(vault: Vault) -> Iterator[Figure]:
    """Yield customers a second: the median of three files, one after the other into one tenant."""
    _ = vault.databases  # started, before this process keeps to one core
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {vault.bench.server_core})
    try:
        rounds = asyncio.run(_rounds(vault))
    finally:
        os.sched_setaffinity(0, cores)
    yield Figure(
        "import_customers",
        median(rate for rate, _ in rounds),
        bar=_BAR,
        has_peer=False,
        detail={
            "customers": _CUSTOMERS,
            "in_a_commit": ROWS,
            "rounds": [round(rate) for rate, _ in rounds],
            "cpu_us_each": [round(cost) for _, cost in rounds],
        },
    )


async def _rounds(vault: Vault) -> list[tuple[float, float]]:
    databases = vault.databases
    settings = Settings(
        issuer="https://id.example",
        data_dir=str(vault.bench.folder),
        database_url=Secret(databases.data_url),
        keystore_url=Secret(databases.keystore_url),
    )
    async with open_basis(settings) as basis:
        await basis.keyring.create_tenant(TENANT)
        async with importing(basis, await default_tenant(basis)) as bringing:
            return [await _timed(bringing, number) for number in range(_ROUNDS)]


async def _timed(bringing: Importing, number: int) -> tuple[float, float]:
    """Return customers a second, and microseconds that this process worked on each: the database's come on top."""
    content = BytesIO(b"".join(_line(number * _CUSTOMERS + one) for one in range(_CUSTOMERS)))
    started = await bringing.start(f"{number:064x}", "jsonl", resume=False)
    begun, busy = perf_counter(), process_time()
    done = await bringing.run(started, FORMATS["jsonl"].rows(content, HashParameters()))
    if not isinstance(done, Import) or done.created != _CUSTOMERS:
        msg = f"an import did something else: {done}"
        raise RuntimeError(msg)
    return _CUSTOMERS / (perf_counter() - begun), (process_time() - busy) / _CUSTOMERS * 1e6


def _line(number: int) -> bytes:
    customer = {
        "email": f"ann.lee.{number}@example.com",
        "email_verified": True,
        "external_id": f"old|{number:024x}",
        "given_name": "Ann",
        "family_name": f"Lee {number}",
        "name": f"Ann Lee {number}",
        "locale": "de",
        "password_hash": "$2b$12$abcdefghijklmnopqrstuu" + "A" * 31,
    }
    return msgspec.json.encode(customer) + b"\n"
