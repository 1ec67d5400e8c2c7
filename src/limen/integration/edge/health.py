"""``/health/live`` and ``/health/ready``."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from limen.access.http import Door, HotRequest, HotResponse, json_response


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must work for us to be of use.

    Attributes:
        name: shown in the answer: ``database``.
        run: returns if all is well, raises if not.
        seconds: how long it may take.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    seconds: float = 2.0


def live_door() -> Door:
    """Return the door that says the process answers; it asks nobody, so that an outage elsewhere restarts nothing."""

    async def live(_request: HotRequest) -> HotResponse:
        return json_response({"status": "live"})

    return Door("health_live", live)


def ready_door(checks: Sequence[Check], log: Any = None) -> Door:
    """Return the door that asks every one of *checks* at once: 200 if all are well, else 503.

    The answer names what failed and not why: the reason is in the log.
    """
    logger = log or structlog.get_logger("limen.edge")

    async def outcome(check: Check) -> str:
        try:
            async with asyncio.timeout(check.seconds):
                await check.run()
        except Exception as error:  # noqa: BLE001  # whatever it is, we are not ready
            logger.warning("health.check_failed", check=check.name, error=type(error).__name__)
            return "failed"
        return "ok"

    async def ready(_request: HotRequest) -> HotResponse:
        outcomes = await asyncio.gather(*map(outcome, checks))
        is_ready = all(result == "ok" for result in outcomes)
        named = {check.name: result for check, result in zip(checks, outcomes, strict=True)}
        return json_response({"status": "ready" if is_ready else "unready", "checks": named}, 200 if is_ready else 503)

    return Door("health_ready", ready)
