"""A client in its own name (RFC 6749 §4.4). No refresh token (§4.4.3), no session, one audit record."""

from limen.access.tokens.claims import custom_claims
from limen.access.tokens.details import DETAILS, requested_details
from limen.access.tokens.issue import TokenSet, access_token
from limen.access.tokens.request import Mandate, TokenRequest
from limen.access.tokens.scopes import machine_scopes
from limen.access.tokens.targets import RESOURCE, targets
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.events import AuditEntry


async def issue_to_client(ask: TokenRequest) -> TokenSet | Refusal:
    """Issue an access token to *client*."""
    desk, client = ask.desk, ask.client
    if not client.is_confidential:
        return Invalid("unauthorized_client", "a public client has no credentials (RFC 6749 §4.4)")
    scopes = machine_scopes(ask.form.get("scope"), client.document.scopes)
    if isinstance(scopes, Refusal):
        return scopes
    mandate = Mandate(scopes) if _is_plain(ask) else await _mandate(ask, scopes)
    if isinstance(mandate, Refusal):
        return mandate
    tokens = access_token(ask, mandate)
    await desk.hot.record(
        AuditEntry(
            event="token.issued",
            actor=f"client:{client.client_id}",
            client=client.client_id,
            request_id=ask.request_id,
            data={"grant": "client_credentials", "jti": tokens.token_id, "scopes": scopes},
        )
    )
    return tokens


def _is_plain(ask: TokenRequest) -> bool:
    """Tell whether the token rests on scopes alone, as most do."""
    form = ask.form
    if RESOURCE in form or DETAILS in form:
        return False
    return not (ask.client.document.claims or ask.desk.tenant.settings.claims)


async def _mandate(ask: TokenRequest, scopes: tuple[str, ...]) -> Mandate | Refusal:
    """Return what a token may rest on that is for certain resource servers, or says more than usual."""
    document, form = ask.client.document, ask.form
    audiences = targets(ask)
    if isinstance(audiences, Refusal):
        return audiences
    details = requested_details(form.get(DETAILS), document, ask.desk.resources)
    if isinstance(details, Refusal):
        return details
    extra = await custom_claims(ask.desk, ask.client, scopes, "access_token")
    return Mandate(scopes, audiences=audiences, details=details, claims=extra)
