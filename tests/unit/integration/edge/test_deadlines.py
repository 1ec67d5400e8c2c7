"""Deadlines: whose time is up is cancelled, and nobody else."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from limen.integration.edge.deadlines import Deadlines
from tests.support.waiting import turns

pytestmark = pytest.mark.anyio


async def _under(deadlines: Deadlines, seconds: float) -> str:
    task = deadlines.begin()
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        if not deadlines.has_passed(task):
            raise
        return "late"
    finally:
        deadlines.lift(task)
    return "done"


@pytest.fixture
async def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Awaitable[None]]:
    """A way to let seconds pass for the loop, which stands still otherwise."""
    loop = asyncio.get_running_loop()
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now)

    async def pass_by(seconds: float) -> None:
        nonlocal now
        await turns()
        now += seconds
        await turns()

    return pass_by


async def test_each_is_held_to_its_own_time(later) -> None:
    deadlines = Deadlines(10)
    first = asyncio.create_task(_under(deadlines, 60))
    await later(6)
    second = asyncio.create_task(_under(deadlines, 60))
    quick = asyncio.create_task(_under(deadlines, 1))
    await later(5)
    assert (first.done(), second.done(), quick.done()) == (True, False, True)
    await later(6)
    assert [await first, await second, await quick] == ["late", "late", "done"]


async def test_the_timer_is_set_again_after_everybody_was_in_time(later) -> None:
    deadlines = Deadlines(10)
    assert await _under(deadlines, 0) == "done"
    await later(11)
    overdue = asyncio.create_task(_under(deadlines, 60))
    await later(11)
    assert await overdue == "late"


async def test_a_cancellation_from_elsewhere_stays_one() -> None:
    task = asyncio.create_task(_under(Deadlines(5), 5))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
