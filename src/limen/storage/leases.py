"""Leases: work that one process at a time should do."""

from sqlalchemy import or_, update

from limen.kernel.clock import Clock
from limen.storage.database import Database
from limen.storage.schema.processes import leases
from limen.storage.statements import insert_unless_taken


class Leases:
    """Named leases that end by themselves."""

    def __init__(self, database: Database, clock: Clock, owner: str) -> None:
        """Take leases as *owner*."""
        self._database, self._clock, self._owner = database, clock, owner

    async def take(self, name: str, microseconds: int) -> bool:
        """Take or keep the lease *name*; False if another holds it."""
        now = self._clock.now()
        mine = update(leases).where(leases.c.name == name, or_(leases.c.owner == self._owner, leases.c.until <= now))
        values = {"owner": self._owner, "until": now + microseconds}
        async with self._database.platform(write=True) as connection:
            if (await connection.execute(mine.values(**values))).rowcount > 0:
                return True
            first = insert_unless_taken(connection, leases).values(name=name, **values)
            return (await connection.execute(first)).rowcount > 0
