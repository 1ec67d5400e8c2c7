"""Doing things again and again, each in its own task."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog

from limen.kernel.clock import SECOND, Clock
from limen.storage.leases import Leases

_log = structlog.get_logger("limen.jobs")
_LEASE_SHARE: Final = 0.9
"""The share of its period for which a job is leased: the same process comes again before anybody else may."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done every so often.

    Attributes:
        name: in logs and leases.
        run: does it once.
        every_seconds: between one end and the next beginning.
        first_seconds: from the start of the process to the first beginning.
        is_leased: whether one process does it for all.
    """

    name: str
    run: Callable[[], Awaitable[object]]
    every_seconds: float
    first_seconds: float
    is_leased: bool = True


class JobObserver(Protocol):
    """Who is told how jobs end."""

    def known(self, job: str) -> None:
        """Hear of a job before its first run."""
        ...

    def done(self, job: str) -> None:
        """Hear of a run that ended well."""
        ...

    def failed(self, job: str) -> None:
        """Hear of a run that raised."""
        ...


class Jobs:
    """Runs jobs until it is stopped."""

    def __init__(self, jobs: Sequence[Job], leases: Leases, clock: Clock, observer: JobObserver) -> None:
        """Take *jobs*, and turns by *leases*."""
        self._observer = observer
        for job in jobs:
            observer.known(job.name)
        self._jobs = tuple(jobs)
        self._leases = leases
        self._clock = clock
        self._tasks: list[asyncio.Task[Any]] = []

    def add(self, job: Job) -> None:
        """Take one more job, before the start."""
        self._observer.known(job.name)
        self._jobs = (*self._jobs, job)

    def start(self) -> None:
        """Begin."""
        self._tasks = [asyncio.create_task(self._repeat(job), name=f"job-{job.name}") for job in self._jobs]

    async def stop(self) -> None:
        """End every job where it stands."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []

    async def _repeat(self, job: Job) -> None:
        await self._clock.sleep(job.first_seconds)
        while True:
            try:
                await self._once(job)
            except Exception as fault:  # noqa: BLE001  # one failure must not end a job for good
                self._observer.failed(job.name)
                _log.exception("job.failed", job=job.name, fault=type(fault).__name__)
            await self._clock.sleep(job.every_seconds)

    async def _once(self, job: Job) -> None:
        if job.is_leased and not await self._leases.take(
            f"job:{job.name}", int(job.every_seconds * _LEASE_SHARE * SECOND)
        ):
            return
        await job.run()
        self._observer.done(job.name)
