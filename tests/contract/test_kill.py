"""``kill -9`` in the middle of writing: nothing that was acknowledged is missing, and every chain verifies."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import select

from limen.storage import schema
from tests.contract import things
from tests.contract.world import file_of
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ROUNDS = int(os.environ.get("LIMEN_TEST_KILLS", "3"))
"""``LIMEN_TEST_KILLS=50`` is what is claimed; a few rounds show every day that it still holds."""
MANY = 10
KINDS = ("record", "client", "event", "generation")
FEW = 5
"""So many of each kind a child must have been told of first, however long it takes; of many children, of anything."""
SECONDS = (0.7, 0.4, 0.55)
"""How long it may write after that; of many, each a moment longer than the one before."""


def write_until_killed(world, seed: int) -> dict[str, set[str]]:
    """Run a writer, kill it, and return what it was told is safe."""
    arguments = [sys.executable, "-m", "tests.contract.writer", world.url, world.keys_url, world.a, str(seed)]
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert child.stdout is not None
    told = defaultdict(set)
    few, known = 1 if ROUNDS > MANY else FEW * len(KINDS), 0
    bound = threading.Timer(PATIENCE, child.kill)
    bound.start()
    for line in child.stdout:
        note(line, told)
        known = sum(min(len(items), FEW) for items in told.values())
        if known >= few:
            break
    bound.cancel()
    assert known >= few, f"round {seed}: it was told of {known} in {PATIENCE} s"
    time.sleep(0.02 + seed * 0.007 if ROUNDS > MANY else SECONDS[seed % len(SECONDS)])
    child.kill()
    for line in child.stdout:
        note(line, told)
    child.stdout.close()
    assert child.wait() == -9, told
    return told


def note(line: bytes, told: dict[str, set[str]]) -> None:
    if line.endswith(b"\n"):
        kind, item = line.decode().split()
        told[kind].add(item)


async def stored(world) -> dict[str, set[str]]:
    async with world.read() as unit:
        execute = unit.connection.execute
        clients = set((await execute(select(schema.clients.clients.c.client_id))).scalars())
        events = set((await execute(select(schema.processes.outbox.c.id))).scalars())
        rows = (await execute(select(schema.tokens.families.c.id, schema.tokens.families.c.generation))).all()
    generations = {f"{family}:{made}" for family, last in rows for made in range(1, last + 1)}
    records = {record.subject for segment in await world.audit() for record in segment}
    return {"client": clients, "event": events, "generation": generations, "record": records}


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(database):
    told, lanes = defaultdict(set), 0
    for seed in range(1, ROUNDS + 1):
        said = await asyncio.to_thread(write_until_killed, database, seed)
        lanes += ("record" in said) + ("client" in said)  # each has a segment of its own in each process
        for kind, items in said.items():
            told[kind] |= items
        if ROUNDS > MANY and seed % MANY:
            continue
        kept = await stored(database)
        for kind in KINDS:
            assert told[kind] - kept[kind] == set(), f"{kind} after round {seed}"
    assert all(len(told[kind]) > 10 for kind in KINDS)
    segments = await database.audit()
    assert len(segments) >= lanes
    audited = {record.subject for segment in segments for record in segment if record.event == "client.created"}
    async with database.read() as unit:
        shops = select(schema.clients.clients.c.key).where(schema.clients.clients.c.client_id.startswith("shop-"))
        keys = set((await unit.connection.execute(shops)).scalars())
        announced = set((await unit.connection.execute(select(schema.processes.outbox.c.subject))).scalars())
    assert keys == audited == announced  # each change with its audit record and its event, or none of them
    await things.family(database)  # and it goes on
    if not database.is_postgres:
        connection = sqlite3.connect(file_of(database.url))
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
