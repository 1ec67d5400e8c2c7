"""Whose turn it is where many threads share a core.

A thread that wakes usually takes the core from the one that runs. Granian's threads wake at every request and at every
answer, so that on a busy core the loop was interrupted more than once for each of them, and what could be done
together was done one by one: a quarter of what a token costs. So the threads that serve are told to take turns
(``SCHED_BATCH``, sched(7)): whoever wakes waits until the one that runs has nothing left to do, or its time is up. An
idle core is taken at once, as ever.

A password's hash is the exception: it has nothing to wait for, and nobody should wait for it, least of all whoever
brings the news of a commit. While there is one, all interrupt as usual; a hash is niced besides.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_TASKS: Final = Path("/proc/self/task")
_CAN: Final = hasattr(os, "sched_setscheduler") and _TASKS.exists()
"""Only Linux has a policy per thread."""
_LINGER_SECONDS: Final = 0.25


def take_turns() -> None:
    """Let the calling thread, and all that it will start, interrupt nobody."""
    if _CAN:
        _set(0, os.SCHED_BATCH)


class Hashing:
    """Lets the threads that serve interrupt while passwords are hashed, and a moment longer: many come together."""

    __slots__ = ("_interrupt", "_later", "_take_turns")

    def __init__(self) -> None:
        """Do nothing where the calling thread takes no turns."""
        self._take_turns = False
        if _CAN:
            with suppress(OSError):  # as below
                self._take_turns = os.sched_getscheduler(0) == os.SCHED_BATCH
        self._interrupt = False
        self._later: asyncio.TimerHandle | None = None

    def __call__(self, *, is_under_way: bool) -> None:
        """Hear whether a hash *is under way*; called in the loop, which runs in the main thread."""
        if not self._take_turns:
            return
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if is_under_way:
            self._let(interrupt=True)
        else:
            self._later = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._calm)

    def _calm(self) -> None:
        self._later = None
        self._let(interrupt=False)

    def _let(self, *, interrupt: bool) -> None:
        if interrupt is self._interrupt:
            return
        self._interrupt = interrupt
        for task in _TASKS.iterdir():
            _set(int(task.name), os.SCHED_OTHER if interrupt else os.SCHED_BATCH)


def _set(task: int, policy: int) -> None:
    with suppress(OSError):  # it has ended, or a sandbox forbids it
        os.sched_setscheduler(task, policy, os.sched_param(0))
