"""Turns at the write gate."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest

from limen.storage.gate import WriteGate
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio


async def _pass(name: str, turn: AbstractAsyncContextManager[None], order: list[str]) -> None:
    async with turn:
        order.append(name)
        for _ in range(10):  # long enough for the others to come
            await asyncio.sleep(0)


async def test_a_batch_waits_for_one_everyday_transaction_at_the_most() -> None:
    gate, order = WriteGate(), []
    tasks = [asyncio.create_task(_pass(f"everyday {n}", gate.everyday(), order)) for n in range(3)]
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(_pass("hot", gate.hot(), order)))
    await asyncio.gather(*tasks)
    assert order == ["everyday 0", "hot", "everyday 1", "everyday 2"]


async def test_batches_and_everyday_transactions_take_turns() -> None:
    gate, order = WriteGate(), []
    tasks = [asyncio.create_task(_pass("hot", gate.hot(), order)) for _ in range(3)]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(_pass("everyday", gate.everyday(), order)) for _ in range(3)]
    await asyncio.gather(*tasks)
    assert order == ["hot", "everyday", "hot", "everyday", "hot", "everyday"]


async def test_only_one_is_inside() -> None:
    gate, inside, most = WriteGate(), 0, 0

    async def work(turn: AbstractAsyncContextManager[None]) -> None:
        nonlocal inside, most
        async with turn:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work(gate.hot() if n % 3 else gate.everyday()) for n in range(50)))
    assert most == 1


@pytest.mark.parametrize("moment", ["waiting", "handed over"])
async def test_who_is_cancelled_at_the_gate_does_not_close_it(moment: str) -> None:
    gate, order = WriteGate(), []
    holder = gate.everyday()
    await holder.__aenter__()
    waiting = asyncio.create_task(_pass("cancelled", gate.everyday(), order))
    await asyncio.sleep(0)
    if moment == "handed over":
        await holder.__aexit__(None, None, None)
        waiting.cancel()
    else:
        waiting.cancel()
        await asyncio.sleep(0)
        await holder.__aexit__(None, None, None)
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(PATIENCE):
        await _pass("next", gate.hot(), order)
    assert order == ["next"]
