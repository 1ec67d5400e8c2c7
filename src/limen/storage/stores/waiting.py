"""Requests that are answered on another device, and the families that a session has."""

from typing import Any

from sqlalchemy import bindparam, select

from limen.access.tokens.waiting import WaitingKind, WaitingRequest, WaitingState
from limen.kernel.clock import Instant
from limen.kernel.ids import ClientKey, CustomerId, FamilyId, WaitingId
from limen.storage.schema.clients import clients
from limen.storage.schema.sessions import sessions
from limen.storage.schema.tokens import families
from limen.storage.schema.tokens import waiting_requests as waiting
from limen.storage.stores.base import TenantStoreBase, insert_new_mine, mine, select_mine, update_mine

_PENDING = waiting.c.state == WaitingState.PENDING.value

_ADD = insert_new_mine(waiting, but=("polled_at", "answered_at"))
_GET = select_mine(waiting, waiting.c.id == bindparam("of"))
_FIND = select_mine(waiting, waiting.c.user_hash == bindparam("of"))
_OF_CUSTOMER = select_mine(
    waiting, waiting.c.customer_id == bindparam("of"), _PENDING, waiting.c.expires_at > bindparam("now")
)
_CLAIM = update_mine(
    waiting,
    waiting.c.id == bindparam("of"),
    waiting.c.sealed == bindparam("before"),
    _PENDING,
    waiting.c.expires_at > bindparam("now"),
    sets=("sealed",),
)
_ANSWER = update_mine(
    waiting,
    waiting.c.id == bindparam("of"),
    _PENDING,
    waiting.c.expires_at > bindparam("now"),
    sets=("state", "answered_at"),
)


_OF_SESSION = mine(
    select(families.c.id)
    .join(sessions, (sessions.c.tenant_id == families.c.tenant_id) & (sessions.c.id == families.c.session_id))
    .join(clients, (clients.c.tenant_id == families.c.tenant_id) & (clients.c.key == families.c.client_key))
    .where(
        sessions.c.sid == bindparam("sid"),
        sessions.c.ended_at.is_(None),
        clients.c.client_id == bindparam("client_id"),
        families.c.revoked_at.is_(None),
        families.c.expires_at > bindparam("now"),
    )
    .order_by(families.c.id.desc())
    .limit(1),
    families,
)


class SqlFamilies(TenantStoreBase):
    """Implements :class:`limen.access.tokens.waiting.FamilyStore`."""

    async def of_session(self, sid: str, client_id: str, now: Instant) -> FamilyId | None:
        """Return the newest family that a client has of a session, while both are live."""
        row = await self._one(_OF_SESSION, sid=sid, client_id=client_id, now=now)
        return None if row is None else FamilyId(row.id)


class SqlWaiting(TenantStoreBase):
    """Implements :class:`limen.access.tokens.waiting.WaitingStore`."""

    async def add(self, request: WaitingRequest) -> bool:
        """Store a request; False if its user code is taken."""
        return await self._applied(_ADD, _values(request))

    async def get(self, request_id: WaitingId) -> WaitingRequest | None:
        """Return the request."""
        return _request(await self._one(_GET, of=request_id))

    async def find_user_code(self, user_hash: bytes) -> WaitingRequest | None:
        """Return the request whose user code has this blind index."""
        return _request(await self._one(_FIND, of=user_hash))

    async def of_customer(self, customer_id: CustomerId, now: Instant) -> list[WaitingRequest]:
        """Return what waits for a customer's answer, oldest first."""
        found = [_request(row) for row in await self._all(_OF_CUSTOMER, of=customer_id, now=now)]
        return sorted((one for one in found if one is not None), key=lambda one: one.id)

    async def claim(self, request: WaitingRequest, sealed: bytes, now: Instant) -> bool:
        """Keep *sealed* with a request that waits, unless something else was kept since *request* was read."""
        return await self._applied(_CLAIM, of=request.id, before=request.sealed, now=now, sealed=sealed)

    async def answer(self, request_id: WaitingId, state: WaitingState, now: Instant) -> bool:
        """Answer a request that is pending and not expired; False for any other."""
        return await self._applied(_ANSWER, of=request_id, now=now, state=state.value, answered_at=now)


def _request(row: Any) -> WaitingRequest | None:
    if row is None:
        return None
    return WaitingRequest(
        id=WaitingId(row.id),
        kind=WaitingKind(row.kind),
        code_hash=row.code_hash,
        user_hash=row.user_hash,
        client=ClientKey(row.client_key),
        customer_id=CustomerId(row.customer_id) if row.customer_id is not None else None,
        sealed=row.sealed,
        created_at=row.created_at,
        expires_at=row.expires_at,
        interval=row.interval_seconds,
        state=WaitingState(row.state),
    )


def _values(request: WaitingRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "kind": request.kind.value,
        "code_hash": request.code_hash,
        "user_hash": request.user_hash,
        "client_key": request.client,
        "customer_id": request.customer_id,
        "state": request.state.value,
        "interval_seconds": request.interval,
        "sealed": request.sealed,
        "created_at": request.created_at,
        "expires_at": request.expires_at,
    }
