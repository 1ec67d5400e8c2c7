"""Revocation asked by a client (RFC 7009): of a refresh token, its whole family; of an access token, that token."""

from limen.access.clients.records import Client
from limen.access.tokens.request import TokenRequest
from limen.kernel.errors import Refusal
from limen.kernel.events import AuditEntry


async def revoke(ask: TokenRequest, text: str) -> None:
    """Revoke *text* if it is a token of *client*; anything else is passed over in silence (RFC 7009 §2.2).

    ``token_type_hint`` is not needed: a refresh token is recognised by its shape.
    """
    desk, client, request_id = ask.desk, ask.client, ask.request_id
    presented = desk.refresh.read(text)
    if presented is not None:
        entry = _entry(client, request_id, {"family": presented.family_id})
        if await desk.hot.revoke_family(presented.family_id, client.key, entry):
            desk.revocations.hear("family", presented.family_id)
        return
    token = desk.verifier.verify(text)
    if isinstance(token, Refusal) or token.claims["client_id"] != client.client_id:
        return
    token_id = str(token.claims["jti"])
    await desk.hot.revoke_token(token_id, token.expires_at, _entry(client, request_id, {"jti": token_id}))
    desk.revocations.hear("token", token_id)


def _entry(client: Client, request_id: str, data: dict[str, str]) -> AuditEntry:
    return AuditEntry(
        event="token.revoked",
        actor=f"client:{client.client_id}",
        client=client.client_id,
        request_id=request_id,
        data=data,
    )
