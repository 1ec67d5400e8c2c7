"""A refresh token for its successor (RFC 6749 §6, RFC 9700 §4.14)."""

from limen.access.clients.records import Client
from limen.access.tokens.desk import Desk
from limen.access.tokens.issue import TokenSet, access_token, id_token
from limen.access.tokens.records import RotateToken, RotationOutcome
from limen.access.tokens.refresh_tokens import PresentedToken
from limen.access.tokens.request import Mandate, TokenRequest
from limen.access.tokens.scopes import requested_scopes
from limen.kernel.clock import SECOND
from limen.kernel.errors import Invalid, Refusal

_GOOD = frozenset({RotationOutcome.ROTATED, RotationOutcome.RETRIED})


async def rotate_refresh_token(ask: TokenRequest) -> TokenSet | Refusal:
    """Answer the refresh token in *form* with a new access token and, where the client rotates, its successor."""
    desk, client = ask.desk, ask.client
    text = ask.form.get("refresh_token", "")
    if not text:
        return Invalid("invalid_request", "refresh_token is required")
    presented = desk.refresh.read(text)
    if presented is None:
        return Invalid("invalid_grant", "not a refresh token of this tenant")
    narrowed = await _narrowed(desk, client, presented, ask.form.get("scope"))
    if isinstance(narrowed, Refusal):
        return narrowed
    rotates = client.document.rotate_refresh_tokens or not client.is_confidential  # RFC 9700 §2.2.2
    # Without rotation a token follows itself: in use it does not go idle, and an older one is still a reuse.
    successor, successor_hash = desk.refresh.successor(presented) if rotates else (text, presented.hash)
    lifetimes = desk.lifetimes
    answer = await desk.hot.rotate(
        RotateToken(
            family_id=presented.family_id,
            client=client.key,
            client_id=client.client_id,
            generation=presented.generation,
            presented_hash=presented.hash,
            successor_hash=successor_hash,
            grace=lifetimes.refresh_grace * SECOND,
            idle_until=desk.clock.now() + lifetimes.refresh_idle * SECOND,
            request_id=ask.request_id,
        )
    )
    if answer.outcome not in _GOOD or answer.authentication is None:
        return Invalid("invalid_grant", answer.outcome.value)
    scopes = narrowed or _still_allowed(client, answer.scopes)
    if not scopes:
        return Invalid("invalid_grant", "every scope was withdrawn")
    token, token_id = access_token(ask, Mandate(scopes, answer.authentication, presented.family_id))
    identity = id_token(ask, answer.authentication, token) if "openid" in scopes else ""
    return TokenSet(token, token_id, lifetimes.access_token, scopes, successor, identity)


async def _narrowed(
    desk: Desk, client: Client, presented: PresentedToken, scope: str | None
) -> tuple[str, ...] | Refusal | None:
    """Check a narrower scope before the token is spent on it (RFC 6749 §6)."""
    if scope is None:
        return None
    granted = await desk.hot.family_scopes(presented.family_id)
    if granted is None:
        return Invalid("invalid_grant", "unknown family")
    return requested_scopes(scope, _still_allowed(client, granted))


def _still_allowed(client: Client, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Return *scopes* without those that were withdrawn from the client since they were granted."""
    return tuple(scope for scope in scopes if scope in client.document.scopes)
