"""Telling a client something after a commit: what every handler of the outbox that posts to clients shares."""

from collections.abc import Awaitable, Callable
from typing import Final

from limen.access.outgoing import Notice, Outgoing
from limen.access.tokens.desk import Desk, Desks, LoadedClient
from limen.app.desks import prefix_of
from limen.identity.tenants.records import Tenant
from limen.integration.messaging.delivery import DeliveryLater, DeliveryRefused
from limen.integration.messaging.queue import OutboxItem
from limen.kernel.errors import Refusal
from limen.kernel.ids import TenantId

_FORBIDDEN: Final = "outgoing_forbidden"
FindTenant = Callable[[TenantId], Awaitable[Tenant | None]]
FindClient = Callable[[OutboxItem], Awaitable[tuple[Desk, LoadedClient] | None]]
"""The desk and the client that an item's ``client_id`` names; None where either is gone: it need not be told."""


def client_finder(tenant_of: FindTenant, desks: Desks) -> FindClient:
    """Return what finds the client that an item is for."""

    async def find(item: OutboxItem) -> tuple[Desk, LoadedClient] | None:
        tenant = await tenant_of(TenantId(item.tenant_id))
        desk = await desks(prefix_of(tenant.slug)) if tenant is not None else None
        loaded = await desk.clients(str(item.data["client_id"])) if desk is not None else None
        return (desk, loaded) if desk is not None and loaded is not None else None

    return find


async def tell(outgoing: Outgoing, url: str, notice: Notice) -> None:
    """Post *notice* to a client.

    Raises:
        DeliveryRefused: the address is one that is never asked.
        DeliveryLater: it was not heard; try again.
    """
    told = await outgoing.post(url, notice)
    if isinstance(told, Refusal):
        raise DeliveryRefused(told.code) if told.code == _FORBIDDEN else DeliveryLater(told.code)
