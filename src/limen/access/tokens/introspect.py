"""What a token is worth now (RFC 7662). A token that is not good is only ``{"active": false}`` (§2.2)."""

from typing import Any

from limen.access.clients.records import Client
from limen.access.tokens.request import TokenRequest
from limen.kernel.errors import Refusal

_INACTIVE: dict[str, Any] = {"active": False}
_PUBLIC = ("iss", "sub", "aud", "client_id", "scope", "exp", "iat", "jti", "auth_time", "acr", "sid")


async def introspect(ask: TokenRequest, text: str) -> dict[str, Any]:
    """Return the introspection answer for an access token, to a client it was issued to or is for.

    Others learn nothing (§4): a token is active only for its own client and for the resource servers in its audience.
    Refresh tokens are between the client and us and never active here.
    """
    desk, client = ask.desk, ask.client
    token = desk.verifier.verify(text)
    if isinstance(token, Refusal):
        return _INACTIVE
    claims = token.claims
    concerned = (
        client.client_id == claims["client_id"] or client.client_id in token.audiences or _is_resource(client, token)
    )
    if not concerned or await desk.clients(str(claims["client_id"])) is None:
        return _INACTIVE
    if await desk.revocations.is_revoked(token):
        return _INACTIVE
    return {"active": True, "token_type": "Bearer"} | {name: claims[name] for name in _PUBLIC if name in claims}


def _is_resource(client: Client, token: Any) -> bool:
    """A resource server registers as a client with the scope ``introspect`` and the audiences that it serves."""
    document = client.document
    return "introspect" in document.scopes and any(name in document.audiences for name in token.audiences)
