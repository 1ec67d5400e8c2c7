"""A form of the account writes nothing for a session that ended while it was answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from limen.access.journeys.parts import JourneyParts
from limen.access.sessions.records import Session
from limen.experience.pages.parts import Begin, PageUnit
from limen.kernel.clock import SECOND
from limen.kernel.ids import TenantId


class EndedError(Exception):
    """The session was ended meanwhile: nothing is written."""


def standing(begin: Begin, session: Session, parts: JourneyParts) -> Begin:
    """Return what begins units as *begin* does, and looks in each first whether *session* stands still.

    A passphrase waits to be judged and a copy to be gathered: who signs a thief out in that time has done so.
    """
    idle = parts.desk.lifetimes.session_idle * SECOND

    @asynccontextmanager
    async def begun(tenant_id: TenantId) -> AsyncIterator[PageUnit]:
        async with begin(tenant_id) as unit:
            found = await unit.sessions.get(session.id)
            if found is None or not found.is_live(parts.clock.now(), idle):
                raise EndedError
            yield unit

    return begun
