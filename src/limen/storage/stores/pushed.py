"""Pushed authorization requests."""

from typing import Any

from sqlalchemy import bindparam, or_

from limen.access.tokens.pushed import PushedRequest
from limen.kernel.clock import Instant
from limen.kernel.ids import BrowserId, ClientKey
from limen.storage.schema.tokens import pushed_requests as pushed
from limen.storage.stores.base import TenantStoreBase, select_mine, update_mine

_GET = select_mine(pushed, pushed.c.reference == bindparam("of"))
_HOLD = update_mine(
    pushed,
    pushed.c.reference == bindparam("of"),
    pushed.c.used_at.is_(None),
    pushed.c.expires_at > bindparam("now"),
    or_(pushed.c.browser_id.is_(None), pushed.c.browser_id == bindparam("by")),
    sets=("browser_id", "expires_at"),
)
_USE = update_mine(pushed, pushed.c.reference == bindparam("of"), pushed.c.used_at.is_(None), sets=("used_at",))


class SqlPushed(TenantStoreBase):
    """Implements :class:`limen.access.tokens.pushed.PushedRequests`."""

    async def get(self, reference: bytes) -> PushedRequest | None:
        """Return the request."""
        return _request(await self._one(_GET, of=reference))

    async def hold(self, reference: bytes, browser_id: BrowserId, now: Instant, until: Instant) -> bool:
        """Let a browser hold the request until *until*."""
        return await self._applied(_HOLD, of=reference, now=now, by=browser_id, browser_id=browser_id, expires_at=until)

    async def use(self, reference: bytes, now: Instant) -> bool:
        """Use the request once."""
        return await self._applied(_USE, of=reference, used_at=now)


def _request(row: Any) -> PushedRequest | None:
    if row is None:
        return None
    return PushedRequest(
        reference=row.reference,
        client=ClientKey(row.client_key),
        sealed=row.sealed,
        created_at=row.created_at,
        expires_at=row.expires_at,
        browser_id=BrowserId(row.browser_id) if row.browser_id is not None else None,
        used_at=row.used_at,
    )
