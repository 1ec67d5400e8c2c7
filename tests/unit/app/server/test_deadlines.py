"""Deadlines: whose time is up is cancelled, and nobody else."""

import asyncio

import pytest

from limen.app.server.deadlines import Deadlines

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


async def test_each_is_held_to_its_own_time() -> None:
    deadlines = Deadlines(0.1)
    first = asyncio.create_task(_under(deadlines, 5))
    await asyncio.sleep(0.06)
    second = asyncio.create_task(_under(deadlines, 5))
    quick = asyncio.create_task(_under(deadlines, 0.01))
    await asyncio.sleep(0.07)
    assert (first.done(), second.done()) == (True, False)
    assert [await first, await second, await quick] == ["late", "late", "done"]


async def test_the_timer_is_set_again_after_everybody_was_in_time() -> None:
    deadlines = Deadlines(0.03)
    assert await _under(deadlines, 0) == "done"
    await asyncio.sleep(0.05)
    assert await _under(deadlines, 5) == "late"


async def test_a_cancellation_from_elsewhere_stays_one() -> None:
    task = asyncio.create_task(_under(Deadlines(5), 5))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
