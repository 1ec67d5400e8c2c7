"""Audit records a second, durably, on one core: 256 writers through the write group that the hot doors share.

A record counts when its writer was told that it is committed. This process is pinned to one core; the database is on
the other, as the servers of the other suites are.
"""

import asyncio
import os
from collections.abc import Iterator
from statistics import median
from time import perf_counter, process_time
from typing import Final

from bench.figures import Figure
from bench.vault.place import TENANT, Vault
from limen.kernel.events import AuditEntry

AUDIT: Final = "audit"
_WRITERS: Final = 256
_WARM_SECONDS: Final = 2.0
_SECONDS: Final = 4.0
_ROUNDS: Final = 5
_LEAST: Final = 20_000.0


def measure(vault: Vault) -> Iterator[Figure]:
    """Yield the rate, and how much of the core it took."""
    urls = vault.databases  # started before we are pinned: it must not be on our core
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {vault.bench.server_core})
    try:
        rates, busy, stored = asyncio.run(_write(vault))
    finally:
        os.sched_setaffinity(0, before)
    detail = {
        "writers": _WRITERS,
        "rounds": [round(rate) for rate in rates],
        "busy": round(busy, 3),
        "records": stored,
        "database": urls.settings,
    }
    yield Figure("audit_records", median(rates), bar=_LEAST, has_peer=False, detail=detail)


async def _write(vault: Vault) -> tuple[list[float], float, int]:
    async with vault.storage() as storage:
        hot, told, stop = storage.hot_for(TENANT), [0], [False]

        async def writer(number: int) -> None:
            count = 0
            while not stop[0]:
                entry = AuditEntry("token.issued", client="shop", subject=f"cus_{number}", data={"count": count})
                await hot.record(entry)
                told[0] += 1
                count += 1

        writers = [asyncio.create_task(writer(number)) for number in range(_WRITERS)]
        await asyncio.sleep(_WARM_SECONDS)
        rates, began, cpu = [], perf_counter(), process_time()
        for _ in range(_ROUNDS):
            seen, since = told[0], perf_counter()
            await asyncio.sleep(_SECONDS)
            rates.append((told[0] - seen) / (perf_counter() - since))
        busy = (process_time() - cpu) / (perf_counter() - began)
        stop[0] = True
        await asyncio.gather(*writers)
        async with storage.database.read(TENANT) as unit:
            stored = sum(head.next_seq - 1 for head in await unit.audit_log.heads())
        if stored < told[0]:
            raise ValueError(f"{told[0] - stored} acknowledged records are not there")
        return rates, busy, stored
