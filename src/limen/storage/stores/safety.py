"""Recovery requests, links in notices, and trusted devices."""

from typing import Any

from sqlalchemy import bindparam, select

from limen.access.safety.records import AccountLink, LinkKind, RecoveryRequest, RequestState, TrustedDevice
from limen.kernel.clock import Instant
from limen.kernel.ids import BrowserId, CustomerId, DeviceId, RecoveryId
from limen.storage.schema.safety import account_links, recovery_requests, trusted_devices
from limen.storage.stores.base import (
    TenantStoreBase,
    delete_mine,
    insert_mine,
    insert_new_mine,
    mine,
    select_mine,
    update_mine,
)

_requests = recovery_requests.c
_open = _requests.closed_at.is_(None)
_theirs = _requests.customer_id == bindparam("customer")
_OPEN_OF = select_mine(recovery_requests, _theirs, _open)
_OF_CUSTOMER = mine(select(recovery_requests).where(_theirs).order_by(_requests.id), recovery_requests)
_BEGIN = insert_new_mine(recovery_requests)
_ADVANCE = update_mine(
    recovery_requests,
    _requests.id == bindparam("of"),
    _requests.state == bindparam("stood"),
    _requests.notices_left == bindparam("had_left"),
    sets=("state", "notices_left", "due_at", "closed_at"),
)
_DUE = mine(
    select(recovery_requests)
    .where(_open, _requests.due_at <= bindparam("now"))
    .order_by(_requests.due_at)
    .limit(bindparam("at_most")),
    recovery_requests,
)

_links = account_links.c
_is_this = _links.link_hash == bindparam("hashed")
_unused = _links.used_at.is_(None)
_ADD_LINK = insert_mine(account_links)
_FIND_LINK = select_mine(account_links, _is_this)
_USE_LINK = update_mine(account_links, _is_this, _unused, _links.expires_at > bindparam("now"), sets=("used_at",))
_VOID_LINKS = update_mine(
    account_links,
    _links.customer_id == bindparam("customer"),
    _links.created_at >= bindparam("since"),
    _unused,
    sets=("used_at",),
)

_devices = trusted_devices.c
_owner = _devices.customer_id == bindparam("customer")
_valid = _devices.expires_at > bindparam("now")
_DEVICES = mine(select(trusted_devices).where(_owner, _valid).order_by(_devices.id), trusted_devices)
_DROP_DEVICE_AT = delete_mine(trusted_devices, _owner, _devices.browser_id == bindparam("browser"))
_TRUST = insert_new_mine(trusted_devices)
_USED = update_mine(trusted_devices, _devices.id == bindparam("of"), sets=("used_at",))
_FORGET = delete_mine(trusted_devices, _owner, _devices.id == bindparam("of"))
FORGET_ALL = delete_mine(trusted_devices, _owner)
"""Removes every trust of a ``customer``: with the sessions it goes, and with every change of factors."""


class SqlRecoveries(TenantStoreBase):
    """Implements :class:`limen.access.safety.store.RecoveryStore`."""

    async def open_of(self, customer_id: CustomerId) -> RecoveryRequest | None:
        """Return the customer's open request."""
        row = await self._one(_OPEN_OF, customer=customer_id)
        return None if row is None else _request(row)

    async def of_customer(self, customer_id: CustomerId) -> list[RecoveryRequest]:
        """Return a customer's requests, oldest first."""
        return [_request(row) for row in await self._all(_OF_CUSTOMER, customer=customer_id)]

    async def begin(self, request: RecoveryRequest) -> bool:
        """Store a new request; False if one is open."""
        return await self._applied(_BEGIN, _values(request))

    async def advance(self, request: RecoveryRequest, before: RecoveryRequest) -> bool:
        """Replace a request if it still stands as it did *before*."""
        changed = {name: _values(request)[name] for name in ("state", "notices_left", "due_at", "closed_at")}
        return await self._applied(
            _ADVANCE, changed, of=request.id, stood=before.state.value, had_left=before.notices_left
        )

    async def due(self, now: Instant, limit: int) -> list[RecoveryRequest]:
        """Return up to *limit* open requests that are due."""
        return [_request(row) for row in await self._all(_DUE, now=now, at_most=limit)]


class SqlLinks(TenantStoreBase):
    """Implements :class:`limen.access.safety.store.LinkStore`."""

    async def add(self, link: AccountLink) -> None:
        """Store a new link."""
        await self._run(_ADD_LINK, _values(link))

    async def find(self, hashed: bytes) -> AccountLink | None:
        """Return the link with this hash, used or not."""
        row = await self._one(_FIND_LINK, hashed=hashed)
        return None if row is None else _link(row)

    async def use(self, hashed: bytes, now: Instant) -> bool:
        """Use a link; False if it was used, or has expired."""
        return await self._applied(_USE_LINK, hashed=hashed, now=now, used_at=now)

    async def void_since(self, customer_id: CustomerId, since: Instant, now: Instant) -> None:
        """Use up every link of a customer that was made at *since* or later."""
        await self._run(_VOID_LINKS, customer=customer_id, since=since, used_at=now)


class SqlDevices(TenantStoreBase):
    """Implements :class:`limen.access.safety.store.DeviceStore`."""

    async def of_customer(self, customer_id: CustomerId, now: Instant) -> list[TrustedDevice]:
        """Return a customer's trusted devices, oldest first."""
        return [_device(row) for row in await self._all(_DEVICES, customer=customer_id, now=now)]

    async def trust(self, device: TrustedDevice) -> None:
        """Store a device, in place of the customer's earlier trust in the same browser."""
        await self._run(_DROP_DEVICE_AT, customer=device.customer_id, browser=device.browser_id)
        await self._run(_TRUST, _values(device))

    async def used(self, device_id: DeviceId, now: Instant) -> None:
        """Note that a device stood in for a second factor."""
        await self._run(_USED, of=device_id, used_at=now)

    async def forget(self, customer_id: CustomerId, device_id: DeviceId) -> bool:
        """Remove one of a customer's."""
        return await self._applied(_FORGET, customer=customer_id, of=device_id)

    async def forget_all(self, customer_id: CustomerId) -> int:
        """Remove all of a customer's; return how many."""
        return await self._run(FORGET_ALL, customer=customer_id)


def _values(record: Any) -> dict[str, Any]:
    found = {name: getattr(record, name) for name in type(record).__slots__}
    return {name: value.value if isinstance(value, RequestState | LinkKind) else value for name, value in found.items()}


def _request(row: Any) -> RecoveryRequest:
    return RecoveryRequest(
        id=RecoveryId(row.id),
        customer_id=CustomerId(row.customer_id),
        state=RequestState(row.state),
        sealed=row.sealed,
        notices_left=row.notices_left,
        created_at=row.created_at,
        due_at=row.due_at,
        closed_at=row.closed_at,
    )


def _link(row: Any) -> AccountLink:
    return AccountLink(
        link_hash=row.link_hash,
        customer_id=CustomerId(row.customer_id),
        kind=LinkKind(row.kind),
        target=row.target,
        sealed=row.sealed,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


def _device(row: Any) -> TrustedDevice:
    return TrustedDevice(
        id=DeviceId(row.id),
        customer_id=CustomerId(row.customer_id),
        browser_id=BrowserId(row.browser_id),
        sealed=row.sealed,
        created_at=row.created_at,
        used_at=row.used_at,
        expires_at=row.expires_at,
    )
