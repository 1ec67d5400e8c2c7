"""The thread beside the loop: results, faults, and callers that went away."""

import asyncio
import threading

import pytest

from limen.storage.hot.aside import Aside
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio


async def test_calls_run_in_order_in_one_thread_beside_the_loop() -> None:
    aside, seen = Aside("aside"), []

    def note(text: str) -> str:
        seen.append((text, threading.current_thread().name))
        return text.upper()

    assert await asyncio.gather(aside.run(note, "a"), aside.run(note, "b")) == ["A", "B"]
    assert seen == [("a", "aside"), ("b", "aside")]
    aside.close()


async def test_a_fault_is_the_callers_and_the_thread_goes_on() -> None:
    aside = Aside("aside")
    with pytest.raises(ValueError, match="could not convert"):
        await aside.run(float, "x")
    assert await aside.run(float, "1") == 1.0
    aside.close()


async def test_who_stops_waiting_does_not_stop_the_call() -> None:
    aside, begun, go, done = Aside("aside"), threading.Event(), threading.Event(), []

    def slow(text: str) -> None:
        begun.set()
        go.wait(PATIENCE)
        done.append(text)

    waiting = aside.run(slow, "written")
    await asyncio.to_thread(begun.wait, PATIENCE)
    waiting.cancel()
    go.set()
    assert await aside.run(str, "next") == "next"
    assert done == ["written"]
    aside.close()


async def test_closing_one_that_was_never_used_is_nothing() -> None:
    Aside("aside").close()
