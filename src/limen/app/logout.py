"""Back-channel logout: each relying party that a session had tokens for is told when it ends, until it has heard.

OpenID Connect Back-Channel Logout 1.0 §2.5. The token is made at each attempt, so that it is never old.
"""

from urllib.parse import urlencode

from limen.access.http import FORM
from limen.access.oauth.logout_token import logout_token
from limen.access.outgoing import Notice, Outgoing
from limen.app.telling import FindClient, tell
from limen.integration.messaging.queue import OutboxItem
from limen.integration.messaging.relay import Handler


def logout_handler(find: FindClient, outgoing: Outgoing) -> Handler:
    """Return what acts on ``logout.requested``. Whoever is gone meanwhile need not be told."""

    async def handle(item: OutboxItem) -> None:
        found = await find(item)
        if found is None or not found[1].client.document.backchannel_logout_uri:
            return
        desk, client = found[0], found[1].client
        token = logout_token(desk, client, str(item.data["sub"]), str(item.data["sid"]))
        body = urlencode({"logout_token": token}).encode("ascii")
        await tell(outgoing, client.document.backchannel_logout_uri, Notice("logout", body, FORM))

    return handle
