"""How long an answer takes that must not tell whether an account exists: as long as the slowest honest one.

A hash that another system made may take ten times as long as ours. While a tenant keeps such hashes, every refusal of
the steps that look an account up leaves at a multiple of the time that the slowest of them takes on this machine, known
or not (ADR 0007). Which there are is asked once a day, and anew when the change feed tells of an import; how long they
take is measured once. The same holds where an old system is asked about whoever is not known here (:mod:`migration`).
"""

import math
from collections import OrderedDict
from typing import Final

from limen.access.journeys.parts import JourneyParts
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.records import LABELS_CHANGED
from limen.kernel.clock import Clock
from limen.kernel.errors import Unavailable
from limen.kernel.ids import TenantId

LABELS: Final = 32
_FRESH_SECONDS: Final = 86_400.0
_TENANTS: Final = 4_096
_MARGIN: Final = 1.5
"""Of what was measured: the machine is not always as idle."""
_Kept = OrderedDict[TenantId, tuple[float, list[str]]]


class Pace:
    """What this process knows of how long checks of old hashes take."""

    def __init__(self, hasher: PasswordHasher, clock: Clock) -> None:
        """Measure by *hasher*."""
        self._hasher, self._clock = hasher, clock
        self._seconds: dict[str, float] = {}
        self._labels: _Kept = OrderedDict()
        self._heard = 0

    def hear(self, tenant_id: str | None, kind: str, key: str) -> None:
        """Take note of one change."""
        del key
        if kind == LABELS_CHANGED and tenant_id:
            self._labels.pop(TenantId(tenant_id), None)
            self._heard += 1

    async def __call__(self, parts: JourneyParts) -> float:
        """Return the seconds of the slowest check that one of the tenant's customers may cause; 0 where all are ours.

        Where the pool is too busy to measure, what is known already counts. An old system that is asked may take all
        the time that it is given.
        """
        migration = parts.desk.tenant.settings.migration
        slowest = float(migration.seconds) if migration.url else 0.0
        for label in await self._kept(parts):
            if label not in self._seconds:
                measured = await self._hasher.seconds(label)
                if isinstance(measured, Unavailable):
                    continue
                self._seconds[label] = measured
            slowest = max(slowest, self._seconds[label] * _MARGIN)
        return slowest

    async def _kept(self, parts: JourneyParts) -> list[str]:
        now, held = self._clock.monotonic(), self._labels.get(parts.tenant_id)
        if held is not None and now - held[0] < _FRESH_SECONDS:
            return held[1]
        heard = self._heard
        async with parts.read(parts.tenant_id) as unit:
            labels = await unit.passwords.labels(limit=LABELS)
        if heard != self._heard:  # while it was read there came others, maybe of this tenant: asked anew next time
            return labels
        self._labels[parts.tenant_id] = (now, labels)
        self._labels.move_to_end(parts.tenant_id)
        if len(self._labels) > _TENANTS:
            self._labels.popitem(last=False)
        return labels


def steps(slowest: float, step: float) -> float:
    """Return the multiple of *step* seconds that covers *slowest* beside the rest of an answer."""
    return step * max(1, math.ceil(slowest / step) + (slowest > 0))


async def even_out(parts: JourneyParts, started: float, slowest: float) -> None:
    """Wait for the next even step behind the *slowest* check, so that how long the work took does not show."""
    step = parts.settings.answer_step_ms / 1000
    if step > 0:
        step = steps(slowest, step)
        elapsed = parts.clock.monotonic() - started
        await parts.clock.sleep(step - elapsed % step)
