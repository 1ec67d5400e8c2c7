"""Telling a client that its request was answered (CIBA Core §10.2, ping mode)."""

import msgspec

from limen.access.decoupled.content import Content
from limen.access.tokens.desk import Desk
from limen.kernel.encoding import encode_json
from limen.kernel.events import Event
from limen.kernel.ids import EventId
from limen.kernel.masked import Masked

EVENT = "backchannel.answered"
_FIELD = "waiting.notice"


class PingNotice(Masked, msgspec.Struct, frozen=True):
    """What the notification needs; sealed on its way through the outbox."""

    url: str
    token: str
    auth_req_id: str

    def __repr__(self) -> str:
        """Name where it goes; the rest is secret."""
        return f"PingNotice(url={self.url!r})"


_notices = msgspec.json.Decoder(PingNotice)


def ping_event(desk: Desk, content: Content) -> tuple[Event, str] | None:
    """Return the event that tells the client, and its identifier; None where the client polls."""
    if not content.notify:
        return None
    event_id = EventId.new(desk.clock, desk.entropy)
    notice = PingNotice(content.notify, content.notify_token, content.auth_req_id)
    sealed = desk.vault.seal(_FIELD, event_id, encode_json(notice))
    return Event(EVENT, data={"client_id": content.request.client_id}, sealed=sealed), event_id


def open_notice(desk: Desk, event_id: str, sealed: bytes) -> PingNotice:
    """Return what :func:`ping_event` sealed."""
    return _notices.decode(desk.vault.unseal(_FIELD, event_id, sealed))
