"""Waiting for what is to happen, never for a time: on a machine that does other things as well it only takes longer."""

import asyncio
import time
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds after which a thing will not happen any more. No test measures anything by it."""


async def turns(count: int = 50) -> None:
    """Let everybody else go on, *count* times: what needs neither thread nor socket is done by then."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Wait until *condition* holds.

    Raises:
        TimeoutError: it does not.
    """
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for may happen in a thread, or in another process
            await asyncio.sleep(0.005)


def wait_until(condition: Callable[[], object], trouble: str = "it did not come about in time") -> None:
    """Wait until *condition* holds, where no loop runs.

    Raises:
        AssertionError: it does not; the text is *trouble*.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, trouble
        time.sleep(0.02)
