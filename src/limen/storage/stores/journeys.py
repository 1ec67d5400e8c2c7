"""Journeys and one-time set-up links."""

from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Row, bindparam, or_, select

from limen.access.journeys.records import SealedJourney
from limen.kernel.clock import Instant
from limen.kernel.ids import BrowserId, JourneyId
from limen.storage.schema.sessions import journeys
from limen.storage.schema.tenants import setup_links
from limen.storage.stores.base import TenantStoreBase, insert_mine, insert_new_mine, mine, select_mine, update_mine

_GET = select_mine(journeys, or_(journeys.c.id == bindparam("of"), journeys.c.begun_as == bindparam("of")))
_FIND_LINK = select_mine(journeys, journeys.c.link_hash == bindparam("link"))
_ADD = insert_new_mine(journeys)
_is_at = (
    journeys.c.id == bindparam("of"),
    journeys.c.version == bindparam("expected"),
    journeys.c.finished_at.is_(None),
)
_HOLD = mine(select(journeys.c.id).where(*_is_at).with_for_update(), journeys)
_ADVANCES = ("sealed_state", "link_hash", "version", "finished_at")
"""What changes on the way. The rest is as it began: setting it anew would write its indexes anew."""
_ADVANCE = update_mine(journeys, *_is_at, sets=_ADVANCES)
_usable = (
    setup_links.c.link_hash == bindparam("link"),
    setup_links.c.purpose == bindparam("for_purpose"),
    setup_links.c.expires_at > bindparam("now"),
    setup_links.c.used.is_(False),
)
_ADD_LINK = insert_mine(setup_links)
_PEEK = select_mine(setup_links, *_usable)
_USE = update_mine(setup_links, *_usable, sets=("used",))


class SqlJourneys(TenantStoreBase):
    """Implements :class:`limen.access.journeys.store.JourneyStore`."""

    async def get(self, journey_id: JourneyId) -> SealedJourney | None:
        """Return the journey, by its name or by the one under which it began."""
        row = await self._one(_GET, of=journey_id)
        return None if row is None else _journey(row)

    async def find_link(self, link_hash: bytes) -> SealedJourney | None:
        """Return the journey whose mailed link has this SHA-256."""
        row = await self._one(_FIND_LINK, link=link_hash)
        return None if row is None else _journey(row)

    async def add(self, journey: SealedJourney) -> bool:
        """Store a new journey; False where it is stored already."""
        return await self._applied(_ADD, _values(journey))

    async def hold(self, journey_id: JourneyId, version: int) -> bool:
        """Hold the journey until the transaction ends, if it is at *version* and not finished; else return False."""
        return await self._one(_HOLD, of=journey_id, expected=version) is not None

    async def advance(self, journey: SealedJourney, expected_version: int) -> bool:
        """Replace the journey if nobody did before and it is not finished."""
        changed = {name: getattr(journey, name) for name in _ADVANCES}
        return await self._applied(_ADVANCE, changed, of=journey.id, expected=expected_version)


class SqlSetupLinks(TenantStoreBase):
    """One-time links for set-up: the first administrator's."""

    async def add(self, link_hash: bytes, purpose: str, expires_at: Instant) -> None:
        """Store a link by its SHA-256."""
        await self._run(_ADD_LINK, link_hash=link_hash, purpose=purpose, expires_at=expires_at, used=False)

    async def peek(self, link_hash: bytes, purpose: str, now: Instant) -> bool:
        """Tell whether the link may still be used; looking does not use it."""
        return await self._one(_PEEK, link=link_hash, for_purpose=purpose, now=now) is not None

    async def use(self, link_hash: bytes, purpose: str, now: Instant) -> bool:
        """Use the link: True exactly once."""
        return await self._applied(_USE, link=link_hash, for_purpose=purpose, now=now, used=True)


def _journey(row: Row[Any]) -> SealedJourney:
    return SealedJourney(
        id=JourneyId(row.id),
        browser_id=BrowserId(row.browser_id),
        sealed_state=row.sealed_state,
        link_hash=row.link_hash,
        created_at=row.created_at,
        expires_at=row.expires_at,
        version=row.version,
        finished_at=row.finished_at,
        begun_as=JourneyId(row.begun_as) if row.begun_as else None,
    )


def _values(journey: SealedJourney) -> dict[str, Any]:
    return asdict(journey)
