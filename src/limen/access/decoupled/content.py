"""What a waiting request keeps beside its columns, sealed under the tenant's key: it says who asked from where."""

import ipaddress

import msgspec

from limen.access.oauth.records import AuthorizationRequest
from limen.access.tokens.desk import Desk
from limen.access.tokens.waiting import WaitingRequest
from limen.kernel.encoding import encode_json
from limen.kernel.ids import WaitingId
from limen.kernel.masked import Masked

_FIELD = "waiting.content"


class Content(Masked, msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked, and from where.

    Attributes:
        request: the checked request.
        network: the network it came from, as coarse as a neighbourhood; empty where the address is not known.
        user_agent: what the asker calls itself; nothing rests on it.
        browser: at whose browser the typed code is compared; empty until somebody types it.
        binding_message: what both devices show (CIBA Core §7.1).
        notify: where the client wants to hear of the answer; empty for not at all (CIBA Core §10.2).
        notify_token: what we prove ourselves with there.
        auth_req_id: what the client polls with, kept for the notification alone.
    """

    request: AuthorizationRequest
    network: str = ""
    user_agent: str = ""
    browser: str = ""
    binding_message: str = ""
    notify: str = ""
    notify_token: str = ""
    auth_req_id: str = ""

    def __repr__(self) -> str:
        """Name the client; the rest is personal or secret."""
        return f"Content(client_id={self.request.client_id!r})"


_contents = msgspec.json.Decoder(Content)


def seal_content(desk: Desk, request_id: WaitingId, content: Content) -> bytes:
    """Return *content* as it is stored."""
    return desk.vault.seal(_FIELD, request_id, encode_json(content))


def open_content(desk: Desk, request: WaitingRequest) -> Content:
    """Return what :func:`seal_content` sealed."""
    return _contents.decode(desk.vault.unseal(_FIELD, request.id, request.sealed))


def coarse(address: str) -> str:
    """Return the network of *address*: /24 or /48, enough to tell one's own from a stranger's."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))
