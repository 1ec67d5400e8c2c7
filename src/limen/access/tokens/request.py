"""A token request whose client is proven, and what tokens made for it rest on.

msgspec structs and not dataclasses for the reason that ``access.http.records`` gives: one is made per request.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from limen.access.clients.records import Client
from limen.access.http import HotRequest, HotResponse
from limen.access.tokens.desk import Desk
from limen.access.tokens.records import Authentication, Confirmation
from limen.kernel.errors import Refusal
from limen.kernel.masked import Masked


class TokenRequest(Masked, msgspec.Struct, frozen=True, gc=False):
    """What every use case behind the token doors is given.

    Attributes:
        desk: the tenant that is asked.
        client: who asks, proven.
        form: the parameters, each once; none is trusted.
        request_id: for logs and audit.
        http: the request itself, for whatever else it proves; None where no HTTP is involved.
        confirmation: the key that the sender has proven to hold (RFC 7800 §3.1); None where none was shown.
    """

    desk: Desk
    client: Client
    form: Mapping[str, str]
    request_id: str = ""
    http: HotRequest | None = None
    confirmation: Confirmation | None = None

    @property
    def key(self) -> str:
        """Return the confirmation as codes and families are compared with; empty for none."""
        return self.confirmation.text if self.confirmation is not None else ""

    def __repr__(self) -> str:
        """Name the client; the rest is secret."""
        return f"TokenRequest(client_id={self.client.client_id!r}, request_id={self.request_id!r})"


class Mandate(msgspec.Struct, frozen=True, gc=False):
    """What an access token rests on.

    Attributes:
        scopes: what it allows.
        authentication: the sign-in behind it; None where a client speaks for itself.
        family: the token family it belongs to, whose end is its end; empty for none.
        audiences: the resource servers it is for; empty for those that its client has by default.
        details: ``authorization_details`` (RFC 9396 §9.1).
        claims: custom claims; none of them replaces one of ours.
        actor: ``act``: who acts for the subject (RFC 8693 §4.1); None where the client does.
        subject: ``sub`` where no customer is behind it; empty for the client itself.
        until: seconds since the epoch beyond which it may not live; 0 for no such limit.
    """

    scopes: tuple[str, ...]
    authentication: Authentication | None = None
    family: str = ""
    audiences: tuple[str, ...] = ()
    details: tuple[Mapping[str, Any], ...] = ()
    actor: Mapping[str, Any] | None = None
    subject: str = ""
    until: int = 0
    claims: Mapping[str, Any] = {}


UseCase = Callable[[TokenRequest], Awaitable[HotResponse | Refusal]]
"""What answers at a token door."""
