"""Time limits that nearly always hold, for a tenth of what ``asyncio.timeout`` costs: it is paid on every request."""

import asyncio
from typing import Any

Running = asyncio.Task[Any] | None
"""A task under a deadline; None where no task runs, which cannot be cancelled."""


class Deadlines:
    """Cancels tasks whose time is up.

    All get the same time, so that they end in the order in which they began: one timer, set for the oldest, does for
    all of them.
    """

    __slots__ = ("_due", "_loop", "_seconds")

    def __init__(self, seconds: float) -> None:
        """Give each task *seconds*."""
        self._seconds = seconds
        self._due: dict[Running, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        """The loop in which the timer is set."""

    def begin(self) -> Running:
        """Begin the running task's time and return the task."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        self._due[task] = loop.time() + self._seconds
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(self._seconds, self._cancel_overdue)
        return task

    def has_passed(self, task: Running) -> bool:
        """Tell whether the cancellation that reached *task* was ours, and take it back if it was."""
        if task is None or task in self._due:
            return False
        task.uncancel()
        return True

    def lift(self, task: Running) -> None:
        """End *task*'s time."""
        self._due.pop(task, None)

    def _cancel_overdue(self) -> None:
        loop, self._loop = self._loop, None
        if loop is None:
            return
        for task, due in list(self._due.items()):
            if due > loop.time():
                self._loop = loop
                loop.call_at(due, self._cancel_overdue)
                return
            del self._due[task]
            if task is not None:
                task.cancel()
