"""Back-channel logout: each relying party that a session had tokens for is told when it ends, until it has heard.

OpenID Connect Back-Channel Logout 1.0 §2.5. The token is made at each attempt, so that it is never old.
"""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlencode

from limen.access.http import FORM
from limen.access.oauth.logout_token import logout_token
from limen.access.outgoing import Notice, Outgoing
from limen.access.tokens.desk import Desks
from limen.app.desks import prefix_of
from limen.identity.tenants.records import Tenant
from limen.integration.messaging.delivery import DeliveryLater, DeliveryRefused
from limen.integration.messaging.queue import OutboxItem
from limen.integration.messaging.relay import Handler
from limen.kernel.errors import Refusal
from limen.kernel.ids import TenantId

_FORBIDDEN: Final = "outgoing_forbidden"
FindTenant = Callable[[TenantId], Awaitable[Tenant | None]]


def logout_handler(tenant_of: FindTenant, desks: Desks, outgoing: Outgoing) -> Handler:
    """Return what acts on ``logout.requested``. Whoever is gone meanwhile need not be told."""

    async def tell(item: OutboxItem) -> None:
        tenant = await tenant_of(TenantId(item.tenant_id))
        desk = await desks(prefix_of(tenant.slug)) if tenant is not None else None
        loaded = await desk.clients(str(item.data["client_id"])) if desk is not None else None
        if desk is None or loaded is None or not loaded.client.document.backchannel_logout_uri:
            return
        token = logout_token(desk, loaded.client, str(item.data["sub"]), str(item.data["sid"]))
        body = urlencode({"logout_token": token}).encode("ascii")
        told = await outgoing.post(loaded.client.document.backchannel_logout_uri, Notice("logout", body, FORM))
        if isinstance(told, Refusal):
            raise DeliveryRefused(told.code) if told.code == _FORBIDDEN else DeliveryLater(told.code)

    return tell
