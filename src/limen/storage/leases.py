"""Leases: work that one process at a time should do."""

from sqlalchemy import insert, or_, update
from sqlalchemy.exc import IntegrityError

from limen.kernel.clock import Clock
from limen.storage.database import Database
from limen.storage.schema import leases


class Leases:
    """Named leases that end by themselves."""

    def __init__(self, database: Database, clock: Clock, owner: str) -> None:
        """Take leases as *owner*."""
        self._database, self._clock, self._owner = database, clock, owner

    async def take(self, name: str, microseconds: int) -> bool:
        """Take or keep the lease *name*; False if another holds it."""
        now = self._clock.now()
        mine = update(leases).where(leases.c.name == name, or_(leases.c.owner == self._owner, leases.c.until <= now))
        async with self._database.platform(write=True) as connection:
            if (await connection.execute(mine.values(owner=self._owner, until=now + microseconds))).rowcount > 0:
                return True
        try:
            async with self._database.platform(write=True) as connection:
                await connection.execute(insert(leases).values(name=name, owner=self._owner, until=now + microseconds))
        except IntegrityError:
            return False
        return True
