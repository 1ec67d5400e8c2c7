"""Counters of messages that cost money: rows that are taken by a conditional update, so that no worker overdraws."""

import math

from sqlalchemy import bindparam, update

from limen.kernel.clock import SECOND, Instant
from limen.storage.schema.trust import tolls
from limen.storage.stores.base import TenantStoreBase, insert_new_mine, mine, select_mine
from limen.trust.tolls import Toll

_KIND = tolls.c.kind == bindparam("of_kind")
_KEY = tolls.c.key == bindparam("of_key")
_WINDOWS = select_mine(tolls, _KIND, _KEY, tolls.c.began.in_((bindparam("present"), bindparam("earlier"))))
_OPEN = insert_new_mine(tolls)
_TAKE = mine(
    update(tolls)
    .values(count=tolls.c.count + 1)
    .where(_KIND, _KEY, tolls.c.began == bindparam("present"), tolls.c.count < bindparam("room")),
    tolls,
)


class SqlTolls(TenantStoreBase):
    """Implements :class:`limen.trust.tolls.TollStore`."""

    async def used(self, toll: Toll, now: Instant) -> float:
        """Return how much of a toll is used."""
        present, carried = await self._windows(toll, now)
        return present + carried

    async def take(self, toll: Toll, now: Instant) -> bool:
        """Count one, unless that exceeds the limit."""
        span = toll.limit.seconds * SECOND
        began = now - now % span
        _, carried = await self._windows(toll, now)
        await self._run(_OPEN, kind=toll.kind, key=toll.key, began=began, count=0, expires_at=began + 2 * span)
        room = math.floor(toll.limit.count - carried)  # the window before changes no more: only this one is raced for
        return await self._applied(_TAKE, of_kind=toll.kind, of_key=toll.key, present=began, room=room)

    async def _windows(self, toll: Toll, now: Instant) -> tuple[int, float]:
        """Return the count of the present window, and what the one before still weighs."""
        span = toll.limit.seconds * SECOND
        began = now - now % span
        rows = await self._all(_WINDOWS, of_kind=toll.kind, of_key=toll.key, present=began, earlier=began - span)
        counts = {row.began: row.count for row in rows}
        return counts.get(began, 0), counts.get(began - span, 0) * (1 - (now - began) / span)
