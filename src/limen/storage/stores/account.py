"""A customer's account: what hangs on it, and its deletion."""

from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, or_, select

from limen.access.account.records import INACTIVE, DeletionRequest, Family, Idle, InactivityNotice, Party
from limen.access.clients.records import ClientDocument
from limen.identity.customers.records import HOLD, RESTRICTION, CustomerState
from limen.kernel.clock import Instant
from limen.kernel.ids import ClientKey, CustomerId, SessionId
from limen.storage.schema.clients import clients
from limen.storage.schema.customers import customers
from limen.storage.schema.rights import deletion_requests, inactivity_notices, processing_limits
from limen.storage.schema.tenants import administrators
from limen.storage.schema.tokens import families, grants
from limen.storage.stores.base import (
    TenantStoreBase,
    delete_mine,
    insert_new_mine,
    mine,
    of_tenant,
    select_mine,
)

_documents = msgspec.json.Decoder(ClientDocument)
_alive = (
    families.c.customer_id == bindparam("customer"),
    families.c.revoked_at.is_(None),
    families.c.expires_at > bindparam("now"),
    families.c.idle_until > bindparam("now"),
)
_FAMILIES = mine(
    select(families.c.client_key, families.c.session_id, families.c.created_at, families.c.rotated_at).where(*_alive),
    families,
)
_granted = select(grants.c.client_key).where(of_tenant(grants), grants.c.customer_id == bindparam("customer"))
_PARTIES = mine(
    select(clients.c.key, clients.c.client_id, clients.c.document).where(clients.c.key.in_(_granted)),
    clients,
)
_theirs = deletion_requests.c.customer_id == bindparam("customer")
_DELETION = select_mine(deletion_requests, _theirs)
_BY_LINK = select_mine(deletion_requests, deletion_requests.c.link_hash == bindparam("hashed"))
_ASK = insert_new_mine(deletion_requests)
_DROP = delete_mine(deletion_requests, _theirs, deletion_requests.c.link_hash == bindparam("hashed"))
_KEEP = delete_mine(deletion_requests, _theirs)
_KEEP_INACTIVE = delete_mine(deletion_requests, _theirs, deletion_requests.c.reason == INACTIVE)
_their_notice = inactivity_notices.c.customer_id == bindparam("customer")
_TELL = insert_new_mine(inactivity_notices)
_FORGET = delete_mine(inactivity_notices, _their_notice)
_TOLD = mine(
    select(inactivity_notices)
    .where(inactivity_notices.c.told_at <= bindparam("until"))
    .order_by(inactivity_notices.c.told_at)
    .limit(bindparam("at_most")),
    inactivity_notices,
)
_spared = [
    ~select(table.c.customer_id).where(of_tenant(table), table.c.customer_id == customers.c.id).exists()
    for table in (inactivity_notices, deletion_requests, processing_limits, administrators)
]
_IDLE = mine(
    select(customers.c.id)
    .where(
        customers.c.id > bindparam("after"),
        customers.c.state == CustomerState.ACTIVE.value,
        or_(
            customers.c.seen_on < bindparam("seen_before"),
            and_(customers.c.seen_on.is_(None), customers.c.updated_at < bindparam("changed_before")),
        ),
        *_spared,
    )
    .order_by(customers.c.id)
    .limit(bindparam("at_most")),
    customers,
)
_held = (
    select(processing_limits.c.customer_id)
    .where(
        of_tenant(processing_limits),
        processing_limits.c.customer_id == deletion_requests.c.customer_id,
        or_(processing_limits.c.kind == HOLD, processing_limits.c.kind == RESTRICTION),
    )
    .exists()
)
_DUE = mine(
    select(deletion_requests)
    .where(deletion_requests.c.due_at <= bindparam("now"), ~_held)
    .order_by(deletion_requests.c.due_at)
    .limit(bindparam("at_most")),
    deletion_requests,
)


class SqlAccount(TenantStoreBase):
    """Implements :class:`limen.access.account.store.AccountStore`."""

    async def families(self, customer_id: CustomerId, now: Instant) -> list[Family]:
        """Return the customer's chains of refresh tokens that are alive."""
        rows = await self._all(_FAMILIES, customer=customer_id, now=now)
        return [Family(ClientKey(r.client_key), SessionId(r.session_id), r.created_at, r.rotated_at) for r in rows]

    async def parties(self, customer_id: CustomerId) -> list[Party]:
        """Return the applications that have a grant of the customer's."""
        rows = await self._all(_PARTIES, customer=customer_id)
        return [Party(ClientKey(row.key), row.client_id, _documents.decode(row.document)) for row in rows]

    async def deletion(self, customer_id: CustomerId) -> DeletionRequest | None:
        """Return the customer's request to be deleted."""
        return _request(await self._one(_DELETION, customer=customer_id))

    async def deletion_by_link(self, hashed: bytes) -> DeletionRequest | None:
        """Return the request that this link cancels."""
        return _request(await self._one(_BY_LINK, hashed=hashed))

    async def ask_deletion(self, request: DeletionRequest) -> bool:
        """Store a request; False if there is one already."""
        return await self._applied(_ASK, {name: getattr(request, name) for name in DeletionRequest.__slots__})

    async def drop_deletion(self, request: DeletionRequest) -> bool:
        """Remove a request as it stands; False if somebody did so before."""
        return await self._applied(_DROP, customer=request.customer_id, hashed=request.link_hash)

    async def keep_from_deletion(self, customer_id: CustomerId) -> bool:
        """Remove whatever request the customer has; False if there is none."""
        return await self._applied(_KEEP, customer=customer_id)

    async def keep_from_inactivity(self, customer_id: CustomerId) -> bool:
        """Forget that nobody signs in; return whether the account was to be deleted for it."""
        await self._run(_FORGET, customer=customer_id)
        return await self._applied(_KEEP_INACTIVE, customer=customer_id)

    async def idle(self, since: Idle, *, after: str, limit: int) -> list[CustomerId]:
        """Return up to *limit* customers behind *after* to whom nobody has signed in, and who are to be told."""
        given = {"seen_before": since.seen_before, "changed_before": since.changed_before}
        return [CustomerId(row.id) for row in await self._all(_IDLE, **given, after=after, at_most=limit)]

    async def told_inactive(self, notice: InactivityNotice) -> bool:
        """Store that a customer was told; False if they were before."""
        return await self._applied(_TELL, customer_id=notice.customer_id, told_at=notice.told_at)

    async def inactive_since(self, told_before: Instant, limit: int) -> list[InactivityNotice]:
        """Return up to *limit* notices from before *told_before*, the oldest first."""
        rows = await self._all(_TOLD, until=told_before, at_most=limit)
        return [InactivityNotice(CustomerId(row.customer_id), row.told_at) for row in rows]

    async def forget_inactive(self, notice: InactivityNotice) -> bool:
        """Remove a notice; False if somebody did so before."""
        return await self._applied(_FORGET, customer=notice.customer_id)

    async def deletions_due(self, now: Instant, limit: int) -> list[DeletionRequest]:
        """Return up to *limit* requests whose time has come and that nothing holds up, the longest due first."""
        found = [_request(row) for row in await self._all(_DUE, now=now, at_most=limit)]
        return [request for request in found if request is not None]


def _request(row: Any) -> DeletionRequest | None:
    if row is None:
        return None
    return DeletionRequest(CustomerId(row.customer_id), bytes(row.link_hash), row.created_at, row.due_at, row.reason)
