"""Waiting for the disk together, on SQLite: nobody is told before a flush that began after their commit."""

import asyncio
import os
import shutil
import threading
from pathlib import Path

import pytest

from limen.identity.keyring.store import WrappedSubjectKey
from limen.kernel.errors import Outage
from limen.kernel.events import AuditEntry
from limen.storage.dialects import flushing
from limen.storage.dialects.flushing import Flusher
from limen.storage.dialects.inline import SqliteConnection
from limen.storage.dialects.sqlite import SqliteDialect
from limen.storage.hot.group import BatchFailed
from tests.contract import things
from tests.contract.world import add_tenant, open_another

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
        self._turns: threading.Semaphore | None = None

    def flush(self, descriptor: int) -> None:
        self.asked += 1
        if self._turns is not None:
            assert self._turns.acquire(timeout=SOON)
        if self.error is not None:
            raise self.error
        os.fsync(descriptor)

    def hold(self) -> None:
        self._turns = threading.Semaphore(0)

    def let_one(self) -> None:
        assert self._turns is not None
        self._turns.release()

    def let(self) -> None:
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.release(100)

    async def is_asked(self, times: int) -> None:
        await until(lambda: self.asked >= times)


@pytest.fixture
def disk(monkeypatch):
    made = Disk()
    monkeypatch.setattr(flushing, "flush_file", made.flush)
    monkeypatch.setattr("limen.storage.dialects.inline.MOST_TOGETHER", 1_000)
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


async def test_a_disk_that_fails_fails_those_who_wait_for_it_and_nothing_is_written_after_it(database, disk):
    told: list[object] = []
    database.storage.database.on_commit.append(lambda changes, _: told.append(changes))
    await add(database)
    told.clear()
    disk.error = OSError(5, "as fdatasync(2) has it")
    with pytest.raises(Outage, match="the disk refused"):
        await add(database)
    assert len(told) == 1, "what is committed stands, and caches hear of it"
    disk.error = None  # as Linux has it: it says so once, and takes the pages for written
    asked = disk.asked
    with pytest.raises(Outage, match="the disk refused"):
        await add(database)
    with pytest.raises((Outage, BatchFailed)):
        await database.hot.record(AuditEntry("token.issued"))
    assert disk.asked == asked
    assert len(told) == 1


async def test_followers_hear_of_a_failure_though_the_leader_has_gone(database, disk):
    await add(database)
    disk.hold()
    before = disk.asked
    first = asyncio.create_task(add(database))
    await disk.is_asked(before + 1)
    leader, follower = asyncio.create_task(add(database)), asyncio.create_task(add(database))
    await until(lambda: len(waiting(database)) == 2)
    disk.let_one()
    assert await is_there(database, await first)
    await disk.is_asked(before + 2)
    disk.error = OSError(5, "as fdatasync(2) has it")
    leader.cancel()
    await asyncio.sleep(0)
    disk.let()
    with pytest.raises(asyncio.CancelledError):
        await leader
    with pytest.raises(Outage):
        await follower


async def test_a_database_behind_a_link_is_flushed_where_it_is(tmp_path: Path, disk, sqlite_templates, clock, entropy):
    real = tmp_path / "real" / "r.db"
    real.parent.mkdir()
    shutil.copy(sqlite_templates / "limen.db", real)
    shutil.copy(sqlite_templates / "keys.db", tmp_path / "keys.db")
    (tmp_path / "link.db").symlink_to(real)
    storage = await open_another(f"sqlite:///{tmp_path}/link.db", f"sqlite:///{tmp_path}/keys.db", "w", clock, entropy)
    before = disk.asked
    await add_tenant(storage, "anna", clock, entropy)
    assert disk.asked > before
    await storage.close()


async def test_where_there_is_no_log_each_commit_waits_by_itself(tmp_path: Path):
    path = tmp_path / "plain.db"
    connection = SqliteConnection(path, ("PRAGMA journal_mode=DELETE",), Flusher(path))
    for _ in range(2):
        await connection.begin_writing()
        assert await connection.commit_first()
    connection.close()


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
    for _ in range(2):
        log.write_bytes(b"frames")
        await flusher.flushed()
        await flusher.flushed()
        assert seen[-2:] == [log.stat().st_ino] * 2
        log.rename(tmp_path / f"old-{len(seen)}")
    flusher.close()


async def test_a_log_that_is_not_there_is_no_promise(tmp_path: Path):
    with pytest.raises(Outage):
        await Flusher(tmp_path / "some.db").flushed()


@pytest.mark.parametrize(("mode", "promises"), [("WAL", True), ("DELETE", True), ("MEMORY", False), ("OFF", False)])
async def test_a_database_without_a_journal_on_disk_promises_nothing(tmp_path: Path, mode: str, *, promises: bool):
    dialect = SqliteDialect(f"sqlite:///{tmp_path}/some.db")
    dialect._readers._pragmas = (f"PRAGMA journal_mode={mode}",)
    assert ("flushed before each answer" in await dialect.durability()) is promises
    await dialect.close()


async def test_the_platform_waits_for_the_disk_behind_the_gate_too(database, disk):
    async def write() -> None:
        async with database.storage.database.platform(write=True):
            pass

    disk.hold()
    before = disk.asked
    writing = asyncio.create_task(write())
    await disk.is_asked(before + 1)
    async with asyncio.timeout(SOON), database.passing():
        assert not writing.done()
    disk.let()
    await writing


def key(subject: str) -> WrappedSubjectKey:
    return WrappedSubjectKey("ten_a", subject, 1, b"wrapped", 7, 100)


async def test_keys_wait_together_and_nobody_is_given_one_that_the_disk_has_not(database, disk):
    store = database.storage.keystore
    disk.hold()
    before = disk.asked
    first = asyncio.create_task(store.put_subject_key(key("first")))
    await disk.is_asked(before + 1)
    others = [asyncio.create_task(store.put_subject_key(key(f"other_{number}"))) for number in range(8)]
    again = asyncio.create_task(store.put_subject_key(key("first")))
    asks = asyncio.create_task(store.get_subject_key("ten_a", "first"))
    await until(lambda: len(store._dialect._flusher._waiting) == len(others) + 2)
    assert await store.get_subject_key("ten_a", "nobody") is None
    assert not any(one.done() for one in (first, *others, again, asks))
    disk.let()
    assert await asyncio.gather(first, *others, again) == [True] * 9 + [False]
    assert await asks == key("first")
    assert disk.asked == before + 2
    assert await store.get_subject_key("ten_a", "first") == key("first")
    assert disk.asked == before + 2


async def test_a_key_that_the_disk_refused_is_given_to_nobody(database, disk):
    store = database.storage.keystore
    await store.put_subject_key(key("kept"))
    disk.error = OSError(5, "as fdatasync(2) has it")
    with pytest.raises(Outage):
        await store.put_subject_key(key("lost"))
    disk.error = None
    for name in ("lost", "kept"):  # nobody can tell which of them the disk has
        with pytest.raises(Outage):
            await store.get_subject_key("ten_a", name)
    assert not database.storage.is_whole
