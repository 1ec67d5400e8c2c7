"""CIBA ping: a client that wanted to hear of the answer is told, until it has heard (CIBA Core §10.2)."""

import msgspec

from limen.access.decoupled.notice import open_notice
from limen.access.outgoing import Notice, Outgoing
from limen.app.telling import FindClient, tell
from limen.integration.messaging.queue import OutboxItem
from limen.integration.messaging.relay import Handler
from limen.kernel.secret import Secret


def ping_handler(find: FindClient, outgoing: Outgoing) -> Handler:
    """Return what acts on ``backchannel.answered``. Whoever is gone meanwhile need not be told."""

    async def handle(item: OutboxItem) -> None:
        found = await find(item)
        if found is None:
            return
        notice = open_notice(found[0], item.id, item.sealed)
        body = msgspec.json.encode({"auth_req_id": notice.auth_req_id})
        await tell(outgoing, notice.url, Notice("ciba-ping", body, "application/json", Secret(notice.token)))

    return handle
