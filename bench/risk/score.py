"""How long one score takes where a million customers signed in a hundred times each: on SQLite, and on PostgreSQL.

The tables are as long as that makes them: a history for each customer, and a counter for each of three million values
in each of two epochs. Full histories, of a hundred sign-ins, have those customers who are asked about; the others' are
short, since what is read is one row. A score is what a sign-in pays: a reading unit, the history unsealed, the counters
looked up, the model asked, the thresholds held against it. One follows the other, so that what many share is held from
the score before, as it is for a minute where a tenant is that large: what is rare, and the history, are read each time.
"""

import asyncio
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped, unused-ignore]
import msgspec
from msgspec.structs import replace

from bench import postgres
from bench.vault.place import TENANT
from bench.workbench import Workbench
from limen.identity.keyring import TenantVault
from limen.identity.tenants.records import Tenant
from limen.identity.tenants.risk import RiskSettings
from limen.kernel.clock import DAY, HOUR, SystemClock
from limen.kernel.entropy import SystemEntropy
from limen.kernel.ids import CustomerId
from limen.storage.database import open_dialect
from limen.storage.migrations import migrate, migrate_keystore
from limen.storage.opening import open_storage
from limen.trust.risk.agents import agent_values
from limen.trust.risk.counts import epoch_of
from limen.trust.risk.history import History
from limen.trust.risk.judge import FIELD, RiskJudge
from limen.trust.risk.keys import ATTACKS, CUSTOMERS, SIGN_INS, Epoch
from limen.trust.risk.population import asked_for
from limen.trust.risk.records import ADDRESS, COUNTRY, NETWORK, Place, Sighting
from limen.trust.risk.store import CROWD

CUSTOMERS_MADE: Final = 1_000_000
LOG_INS: Final = 100
VALUES: Final = 3_000_000
"""Counters of an epoch: three addresses for each customer, and the few thousand of everything else."""
CROWDED: Final = 50_000
"""Of an epoch's values, those that five customers or more showed: networks, browsers, addresses of carriers."""
ASKED: Final = 500
"""Customers with a full history."""
ROUNDS: Final = 2_000
BAR_MS: Final = 1.0
_SHORT: Final = 64
_AGENT: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0 Safari/537.36"
)
_SEED: Final = 20_261_129


@dataclass(frozen=True, slots=True)
class Stock:
    """What both databases are filled with."""

    judge: RiskJudge
    vault: TenantVault
    histories: dict[CustomerId, bytes]
    sightings: list[tuple[CustomerId, Sighting]]
    counters: list[tuple[bytes, int]]


def customer(number: int) -> CustomerId:
    """Return the identifier of a customer."""
    return CustomerId(f"cus_{number:026d}")


def stock() -> Stock:
    """Return the same every time."""
    chance, entropy, now = random.Random(_SEED), SystemEntropy(), SystemClock().now()
    number = epoch_of(now)
    epochs = Epoch(number, chance.randbytes(32)), Epoch(number - 1, chance.randbytes(32))
    vault = TenantVault(TENANT, {1: chance.randbytes(32)}, entropy)
    histories: dict[CustomerId, bytes] = {}
    sightings: list[tuple[CustomerId, Sighting]] = []
    known: set[tuple[str, str]] = {SIGN_INS, CUSTOMERS, ATTACKS}
    for place in range(ASKED):
        who, history, seen = customer(place * (CUSTOMERS_MADE // ASKED)), History(), _sighting(chance, 0, now)
        for visit in range(LOG_INS):
            seen = _sighting(chance, chance.choice((0, 0, 0, 1, visit)), now - (LOG_INS - visit) * DAY)
            history = history.after(seen)
        histories[who] = vault.seal(FIELD, who, msgspec.json.encode(history))
        for one in (replace(seen, at=now), replace(_sighting(chance, LOG_INS + place, now), at=now)):
            sightings.append((who, one))
            known |= set(asked_for(one, history))
    keys = {epoch.hash(value): 1_000 for epoch in epochs for value in known}
    keys |= {epoch.hash(SIGN_INS): CUSTOMERS_MADE * LOG_INS // 8 for epoch in epochs}
    keys |= {epoch.hash(CUSTOMERS): CUSTOMERS_MADE for epoch in epochs}
    keys |= {chance.randbytes(16): 1 for _ in range(2 * CROWDED)}
    keys |= {chance.randbytes(16): 0 for _ in range(2 * VALUES - len(keys))}
    judge = RiskJudge(RiskSettings(), epochs)
    return Stock(judge, vault, histories, sightings, sorted(keys.items()))


def _sighting(chance: random.Random, place: int, at: int) -> Sighting:
    values = {
        ADDRESS: f"198.51.{place % 256}.{chance.randrange(256)}",
        NETWORK: f"AS{64_500 + place % 40}",
        COUNTRY: "DE" if place < 90 else "SE",
        **agent_values(_AGENT.format(110 + place % 20)),
    }
    return Sighting(at + chance.randrange(HOUR), values, f"bro_{place % 30}", Place(52.5, 13.4 + place))


def measured(bench: Workbench) -> dict[str, Any]:
    """Return ``risk_score_ms`` of both databases; they are filled first, within a minute or two."""
    made = stock()
    bench.say(f"{len(made.counters):,} counters and {CUSTOMERS_MADE:,} histories are put in, twice")
    urls = postgres.start(bench)
    os.sched_setaffinity(0, {bench.server_core})  # the database is on the other core
    return {"sqlite": asyncio.run(_sqlite(bench, made)), "postgres": asyncio.run(_postgres(urls, made))}


async def _sqlite(bench: Workbench, made: Stock) -> dict[str, Any]:
    folder = Path(bench.folder)
    urls = f"sqlite:///{folder}/risk.db", f"sqlite:///{folder}/risk-keys.db"
    async with _storage(*urls) as storage:
        began = perf_counter()
        await asyncio.to_thread(_fill_sqlite, folder / "risk.db", made)
        return await _asked(storage, made, perf_counter() - began)


def _fill_sqlite(path: Path, made: Stock) -> None:
    """Put the rows in by the driver alone: there is no customer behind a history here."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            connection.executemany("INSERT INTO risk_histories VALUES (?, ?, ?, ?)", _histories(made))
            connection.executemany("INSERT INTO risk_counters VALUES (?, ?, ?, ?, ?)", _counters(made))
    finally:
        connection.close()


def _histories(made: Stock) -> Iterator[tuple[str, str, bytes, int]]:
    short = bytes(_SHORT)
    for number in range(CUSTOMERS_MADE):
        who = customer(number)
        yield TENANT, who, made.histories.get(who, short), 1


def _counters(made: Stock) -> Iterator[tuple[str, bytes, int, int, int]]:
    for key, count in made.counters:
        yield TENANT, key, CROWD if count else 1, count, 1 << 62


async def _postgres(urls: postgres.Databases, made: Stock) -> dict[str, Any]:
    async with _storage(urls.data_url, urls.keystore_url) as storage:
        began = perf_counter()
        owner = await asyncpg.connect(urls.data_url)
        try:
            await owner.execute("SET session_replication_role = replica")
            await owner.copy_records_to_table("risk_histories", records=_histories(made))
            await owner.copy_records_to_table(
                "risk_counters",
                records=((TENANT, key, CROWD if count else 1, count, 1 << 62) for key, count in made.counters),
            )
            await owner.execute("VACUUM ANALYZE risk_histories, risk_counters")
        finally:
            await owner.close()
        return await _asked(storage, made, perf_counter() - began)


@asynccontextmanager
async def _storage(data_url: str, keystore_url: str) -> Any:
    for url, make in ((data_url, migrate), (keystore_url, migrate_keystore)):
        dialect = open_dialect(url)
        await make(dialect)
        await dialect.close()
    clock = SystemClock()
    storage = await open_storage(
        database_url=data_url,
        keystore_url=keystore_url,
        token_database_url=None,
        worker="bench",
        clock=clock,
        entropy=SystemEntropy(),
    )
    try:
        now = clock.now()
        await storage.tenants.add(Tenant(TENANT, "default", "https://id.example", "Bench", now, now))
        yield storage
    finally:
        await storage.close()


async def _asked(storage: Any, made: Stock, filled_seconds: float) -> dict[str, Any]:
    """Return how long scores took, each after the other; the first hundred warm what is compiled once."""
    judge, times, found = made.judge, [], []
    for turn in range(ROUNDS + 100):
        who, seen = made.sightings[turn % len(made.sightings)]
        began = perf_counter()
        async with storage.database.read(TENANT) as unit:
            before, assessment = await judge.scored(unit, who, made.vault, seen)
        if before.history is None:
            raise ValueError("a history cannot be read")
        judge.decides(assessment, "sign_in", "")
        times.append((perf_counter() - began) * 1_000)
        found.append(assessment.probability)
    kept = times[100:]
    if len(set(found)) < ASKED:
        raise ValueError("the scores do not differ")
    return {
        "risk_score_ms": round(median(kept), 3),
        "p95_ms": round(quantiles(kept, n=20)[-1], 3),
        "bar_ms": BAR_MS,
        "is_met": median(kept) <= BAR_MS,
        "customers": CUSTOMERS_MADE,
        "log_ins_each": LOG_INS,
        "counters": len(made.counters),
        "history_bytes": round(sum(map(len, made.histories.values())) / len(made.histories)),
        "fill_seconds": round(filled_seconds, 1),
    }
