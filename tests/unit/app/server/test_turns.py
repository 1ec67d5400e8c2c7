"""Which threads may interrupt which: those that serve take turns, except while a password is hashed."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from limen.app.server.turns import Hashing, take_turns
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a policy per thread")


@pytest.fixture
def main() -> Iterator[int]:
    """The main thread; all are put back as they were."""
    thread = threading.main_thread().native_id
    assert thread is not None
    before = os.sched_getscheduler(thread)
    yield thread
    for task in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setscheduler(int(task.name), before, os.sched_param(0))


def in_thread(work: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 - raised in the test
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    for failure in failures:
        raise failure


def test_threads_of_a_server_take_turns_and_a_hash_lets_them_interrupt(main: int) -> None:
    async def hashes(hashing: Hashing) -> None:
        hashing(is_under_way=True)
        assert os.sched_getscheduler(main) == os.SCHED_OTHER
        assert os.sched_getscheduler(0) == os.SCHED_OTHER
        hashing(is_under_way=False)
        hashing(is_under_way=True)  # within the moment, so that nothing changes
        hashing(is_under_way=False)
        assert os.sched_getscheduler(main) == os.SCHED_OTHER
        await until(lambda: os.sched_getscheduler(main) == os.SCHED_BATCH)

    def server() -> None:
        take_turns()
        assert os.sched_getscheduler(0) == os.SCHED_BATCH
        in_thread(inherits)
        asyncio.run(asyncio.wait_for(hashes(Hashing()), PATIENCE))

    def inherits() -> None:
        assert os.sched_getscheduler(0) == os.SCHED_BATCH  # as who started it

    in_thread(server)


def test_a_hash_changes_nothing_where_nobody_takes_turns(main: int) -> None:
    before = os.sched_getscheduler(main)

    def command() -> None:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        hashing = Hashing()
        hashing(is_under_way=True)
        hashing(is_under_way=False)

    in_thread(command)
    assert os.sched_getscheduler(main) == before


def test_a_sandbox_that_forbids_it_is_put_up_with(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", forbid)
    monkeypatch.setattr(os, "sched_getscheduler", forbid)
    take_turns()
    Hashing()(is_under_way=True)
