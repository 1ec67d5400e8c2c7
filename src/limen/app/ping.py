"""CIBA ping: a client that wanted to hear of the answer is told, until it has heard (CIBA Core §10.2)."""

from typing import Final

import msgspec

from limen.access.decoupled.notice import open_notice
from limen.access.outgoing import Notice, Outgoing
from limen.access.tokens.desk import Desks
from limen.app.desks import prefix_of
from limen.app.logout import FindTenant
from limen.integration.messaging.delivery import DeliveryLater, DeliveryRefused
from limen.integration.messaging.queue import OutboxItem
from limen.integration.messaging.relay import Handler
from limen.kernel.errors import Refusal
from limen.kernel.ids import TenantId
from limen.kernel.secret import Secret

_FORBIDDEN: Final = "outgoing_forbidden"


def ping_handler(tenant_of: FindTenant, desks: Desks, outgoing: Outgoing) -> Handler:
    """Return what acts on ``backchannel.answered``. Whoever is gone meanwhile need not be told."""

    async def tell(item: OutboxItem) -> None:
        tenant = await tenant_of(TenantId(item.tenant_id))
        desk = await desks(prefix_of(tenant.slug)) if tenant is not None else None
        if desk is None or await desk.clients(str(item.data["client_id"])) is None:
            return
        notice = open_notice(desk, item.id, item.sealed)
        body = msgspec.json.encode({"auth_req_id": notice.auth_req_id})
        told = await outgoing.post(notice.url, Notice("ciba-ping", body, "application/json", Secret(notice.token)))
        if isinstance(told, Refusal):
            raise DeliveryRefused(told.code) if told.code == _FORBIDDEN else DeliveryLater(told.code)

    return tell
