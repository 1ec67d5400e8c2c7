"""Waiting for the disk together, on SQLite: nobody is told before a flush that began after their commit."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from limen.storage.dialects import flushing
from limen.storage.dialects.flushing import Flusher
from tests.contract import things

pytestmark = pytest.mark.anyio
SOON = 10.0


@pytest.fixture
def kind() -> str:
    return "sqlite"


async def until(happens) -> None:
    async with asyncio.timeout(SOON):
        while not happens():  # noqa: ASYNC110 - a thread makes it happen
            await asyncio.sleep(0.001)


class Disk:
    """A disk that answers when it is let, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: OSError | None = None
        self._free = threading.Event()
        self._free.set()

    def flush(self, descriptor: int) -> None:
        self.asked += 1
        assert self._free.wait(SOON)
        if self.error is not None:
            raise self.error
        os.fsync(descriptor)

    def hold(self) -> None:
        self._free.clear()

    def let(self) -> None:
        self._free.set()

    async def is_asked(self, times: int) -> None:
        await until(lambda: self.asked >= times)


@pytest.fixture
def disk(monkeypatch):
    made = Disk()
    monkeypatch.setattr(flushing, "flush_file", made.flush)
    yield made
    made.let()


async def add(database) -> str:
    owner = things.customer(database)
    async with database.begin() as unit:
        await unit.customers.add(owner, things.contact(owner))
    return owner.id


def waiting(database) -> list[asyncio.Future[bool]]:
    return database.storage.database.dialect._flusher._waiting


async def is_there(database, customer_id) -> bool:
    async with database.read() as unit:
        return await unit.customers.get(customer_id) is not None


async def test_a_unit_ends_when_the_disk_has_its_commit(database, disk):
    disk.hold()
    before = disk.asked
    adding = asyncio.create_task(add(database))
    await disk.is_asked(before + 1)
    await asyncio.sleep(0.01)
    assert not adding.done()
    disk.let()
    assert await is_there(database, await adding)


async def test_while_one_waits_others_write_and_one_flush_more_is_for_all_of_them(database, disk):
    disk.hold()
    before = disk.asked
    first = asyncio.create_task(add(database))
    await disk.is_asked(before + 1)
    others = [asyncio.create_task(add(database)) for _ in range(8)]
    await until(lambda: len(waiting(database)) == len(others))
    assert not any(one.done() for one in (first, *others))
    disk.let()
    for one in (first, *others):
        assert await is_there(database, await one)
    assert disk.asked == before + 2


async def test_a_disk_that_fails_fails_those_who_wait_for_it_and_the_caches_hear_of_what_stands(database, disk):
    told: list[object] = []
    database.storage.database.on_commit.append(lambda changes, _: told.append(changes))
    await add(database)
    told.clear()
    disk.error = OSError(5, "as fdatasync(2) has it")
    with pytest.raises(OSError, match="fdatasync"):
        await add(database)
    assert len(told) == 1
    disk.error = None
    assert await is_there(database, await add(database))


async def test_whoever_leads_and_goes_away_leaves_nobody_waiting(database, disk):
    disk.hold()
    before = disk.asked
    first = asyncio.create_task(add(database))
    await disk.is_asked(before + 1)
    second = asyncio.create_task(add(database))
    third = asyncio.create_task(add(database))
    await until(lambda: len(waiting(database)) == 2)
    first.cancel()
    second.cancel()
    disk.let()
    assert await is_there(database, await third)
    for gone in (first, second):
        with pytest.raises(asyncio.CancelledError):
            await gone
    assert await is_there(database, await add(database))


async def test_a_leader_that_is_called_and_goes_away_passes_it_on(tmp_path: Path, disk):
    log = tmp_path / "some.db-wal"
    log.write_bytes(b"frames")
    flusher = Flusher(tmp_path / "some.db")
    disk.hold()
    first = asyncio.create_task(flusher.flushed())
    await disk.is_asked(1)
    called, other = asyncio.create_task(flusher.flushed()), asyncio.create_task(flusher.flushed())
    await asyncio.sleep(0)
    flusher._waiting[0].add_done_callback(lambda _: called.cancel())  # between being called and going on
    disk.let()
    async with asyncio.timeout(SOON):
        await first
        await other
    flusher.close()


async def test_a_log_that_was_made_anew_is_the_one_that_is_flushed(tmp_path: Path, monkeypatch):
    log, seen = tmp_path / "some.db-wal", []
    monkeypatch.setattr(flushing, "flush_file", lambda descriptor: seen.append(os.fstat(descriptor).st_ino))
    flusher = Flusher(tmp_path / "some.db")
    await flusher.flushed()
    assert seen == []
    for _ in range(2):
        log.write_bytes(b"frames")
        await flusher.flushed()
        await flusher.flushed()
        assert seen[-2:] == [log.stat().st_ino] * 2
        log.rename(tmp_path / f"old-{len(seen)}")
    flusher.close()
