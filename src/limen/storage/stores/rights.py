"""Privacy requests, and what may not be done with a customer's data."""

from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import bindparam, func, select, tuple_

from limen.identity.rights.records import (
    Law,
    Limit,
    LimitKind,
    PrivacyRequest,
    PrivacyRequestId,
    RequestKind,
    RequestState,
)
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema.rights import privacy_requests as requests
from limen.storage.schema.rights import processing_limits as limits
from limen.storage.stores.base import (
    TenantStoreBase,
    columns,
    delete_mine,
    insert_new_mine,
    mine,
    select_mine,
    update_mine,
)

_MOST: Final = 100
_theirs = requests.c.customer_id == bindparam("customer")
_is_open = requests.c.closed_at.is_(None)
_ADD = insert_new_mine(requests)
_GET = select_mine(requests, requests.c.id == bindparam("of"))
_OPEN_OF = select_mine(requests, _theirs, requests.c.kind == bindparam("of_kind"), _is_open)
_OF_CUSTOMER = mine(
    select(requests).where(_theirs).order_by(requests.c.id.desc()).limit(bindparam("at_most")), requests
)
_place = tuple_(requests.c.due_at, requests.c.id)
_behind = (
    select(requests)
    .where(_place > tuple_(bindparam("after_due"), bindparam("after_id")), requests.c.kind.like(bindparam("kinds")))
    .order_by(requests.c.due_at, requests.c.id)
    .limit(bindparam("at_most"))
)
_BOARD_OPEN = mine(_behind.where(_is_open), requests)
_BOARD_OVER = mine(_behind.where(requests.c.closed_at.is_not(None)), requests)
_UPDATE = update_mine(
    requests,
    requests.c.id == bindparam("of"),
    requests.c.version == bindparam("expected"),
    sets=columns(requests, ("tenant_id", "id")),
)
_DUE = mine(
    select(requests)
    .where(_is_open, requests.c.warned_at.is_(None), requests.c.due_at <= bindparam("until"))
    .order_by(requests.c.due_at)
    .limit(bindparam("at_most")),
    requests,
)
_OVERDUE = mine(
    select(func.count().label("late")).select_from(requests).where(_is_open, requests.c.due_at <= bindparam("now")),
    requests,
)
_of = limits.c.customer_id == bindparam("customer")
_LIMITS = select_mine(limits, _of)
_PUT = insert_new_mine(limits)
_LIFT = delete_mine(limits, _of, limits.c.kind == bindparam("of_kind"))


class SqlPrivacyRequests(TenantStoreBase):
    """Implements :class:`limen.identity.rights.store.RequestStore`."""

    async def add(self, request: PrivacyRequest) -> bool:
        """Store a request; False if the customer has an open one of the kind."""
        return await self._applied(_ADD, _values(request))

    async def get(self, request_id: PrivacyRequestId) -> PrivacyRequest | None:
        """Return a request."""
        return _request(await self._one(_GET, of=request_id))

    async def open_of(self, customer_id: CustomerId, kind: RequestKind) -> PrivacyRequest | None:
        """Return the customer's open request of this kind."""
        return _request(await self._one(_OPEN_OF, customer=customer_id, of_kind=kind.value))

    async def of_customer(self, customer_id: CustomerId) -> list[PrivacyRequest]:
        """Return a customer's requests, newest first, at most a hundred."""
        return _requests(await self._all(_OF_CUSTOMER, customer=customer_id, at_most=_MOST))

    async def board(
        self, *, is_open: bool, after: tuple[Instant, str], limit: int, kind: RequestKind | None = None
    ) -> list[PrivacyRequest]:
        """Return up to *limit* requests behind *after*, by deadline; of one *kind*, or of all."""
        kinds = kind.value if kind is not None else "%"
        statement = _BOARD_OPEN if is_open else _BOARD_OVER
        return _requests(await self._all(statement, after_due=after[0], after_id=after[1], at_most=limit, kinds=kinds))

    async def update(self, request: PrivacyRequest, expected: int) -> bool:
        """Replace a request if the stored version is still *expected*."""
        values = _values(request)
        return await self._applied(_UPDATE, values, of=values.pop("id"), expected=expected)

    async def due(self, until: Instant, limit: int) -> list[PrivacyRequest]:
        """Return open requests due by *until* that nobody was warned of."""
        return _requests(await self._all(_DUE, until=until, at_most=limit))

    async def overdue(self, now: Instant) -> int:
        """Return how many open requests are late."""
        return int((await self._one(_OVERDUE, now=now)).late)


class SqlProcessingLimits(TenantStoreBase):
    """Implements :class:`limen.identity.rights.store.LimitStore`."""

    async def of_customer(self, customer_id: CustomerId) -> list[Limit]:
        """Return the limits that hold for a customer."""
        rows = await self._all(_LIMITS, customer=customer_id)
        return [
            Limit(CustomerId(row.customer_id), LimitKind(row.kind), row.at, row.actor, bytes(row.sealed))
            for row in rows
        ]

    async def kinds(self, customer_id: CustomerId) -> frozenset[str]:
        """Return which limits hold for a customer."""
        return frozenset(row.kind for row in await self._all(_LIMITS, customer=customer_id))

    async def put(self, limit: Limit) -> bool:
        """Set a limit; False if it is set."""
        return await self._applied(_PUT, {**asdict(limit), "kind": limit.kind.value})

    async def lift(self, customer_id: CustomerId, kind: LimitKind) -> bool:
        """Lift a limit; False if there is none."""
        return await self._applied(_LIFT, customer=customer_id, of_kind=kind.value)


def _values(request: PrivacyRequest) -> dict[str, Any]:
    words = {"kind": request.kind.value, "state": request.state.value, "law": request.law.value}
    return {name: getattr(request, name) for name in PrivacyRequest.__slots__} | words


def _request(row: Any) -> PrivacyRequest | None:
    return None if row is None else _requests([row])[0]


def _requests(rows: list[Any]) -> list[PrivacyRequest]:
    return [
        PrivacyRequest(
            id=PrivacyRequestId(row.id),
            customer_id=CustomerId(row.customer_id),
            kind=RequestKind(row.kind),
            state=RequestState(row.state),
            law=Law(row.law),
            asked_by=row.asked_by,
            created_at=row.created_at,
            due_at=row.due_at,
            extended_at=row.extended_at,
            warned_at=row.warned_at,
            closed_at=row.closed_at,
            sealed=bytes(row.sealed),
            version=row.version,
        )
        for row in rows
    ]
