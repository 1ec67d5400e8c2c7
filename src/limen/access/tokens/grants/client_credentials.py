"""A client in its own name (RFC 6749 §4.4). No refresh token (§4.4.3), no session, one audit record."""

from limen.access.tokens.issue import TokenSet, access_token
from limen.access.tokens.request import Mandate, TokenRequest
from limen.access.tokens.scopes import MACHINE_FORBIDDEN, requested_scopes
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.events import AuditEntry


async def issue_to_client(ask: TokenRequest) -> TokenSet | Refusal:
    """Issue an access token to *client*."""
    desk, client = ask.desk, ask.client
    if not client.is_confidential:
        return Invalid("unauthorized_client", "a public client has no credentials (RFC 6749 §4.4)")
    allowed = tuple(scope for scope in client.document.scopes if scope not in MACHINE_FORBIDDEN)
    scopes = requested_scopes(ask.form.get("scope"), allowed)
    if isinstance(scopes, Refusal):
        return scopes
    token, token_id = access_token(ask, Mandate(scopes))
    await desk.hot.record(
        AuditEntry(
            event="token.issued",
            actor=f"client:{client.client_id}",
            client=client.client_id,
            request_id=ask.request_id,
            data={"grant": "client_credentials", "jti": token_id, "scopes": scopes},
        )
    )
    return TokenSet(token, token_id, desk.lifetimes.access_token, scopes)
