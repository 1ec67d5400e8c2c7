"""A refresh token for its successor (RFC 6749 §6, RFC 9700 §4.14)."""

from limen.access.clients.records import Client
from limen.access.tokens.answering import Granted, mandate_of, tokens_of
from limen.access.tokens.desk import Refreshing
from limen.access.tokens.details import DETAILS
from limen.access.tokens.issue import TokenSet
from limen.access.tokens.profiles import is_fapi
from limen.access.tokens.records import RotateToken, RotationOutcome
from limen.access.tokens.refresh_tokens import PresentedToken, refresh_life
from limen.access.tokens.request import TokenRequest
from limen.access.tokens.scopes import requested_scopes
from limen.access.tokens.targets import RESOURCE
from limen.kernel.clock import SECOND
from limen.kernel.context import RequestContext
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.events import AuditEntry
from limen.kernel.ids import CustomerId

_NARROWING = frozenset({"scope", RESOURCE, DETAILS})
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
    narrowed = await _narrowed(ask, presented)
    if isinstance(narrowed, Refusal):
        return narrowed
    unlikely = await _unlikely(ask, presented)
    if unlikely is not None:
        return unlikely
    rotates = not client.is_confidential or (  # RFC 9700 §2.2.2; FAPI 2.0 Security Profile §5.3.2.1
        client.document.rotate_refresh_tokens and not is_fapi(client.document)
    )
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
            idle_until=desk.clock.now()
            + refresh_life(lifetimes.refresh_idle, client.document.refresh_idle_seconds) * SECOND,
            request_id=ask.request_id,
            confirmation=ask.key,
        )
    )
    if answer.outcome not in _GOOD or answer.authentication is None:
        return Invalid("invalid_grant", answer.outcome.value)
    scopes = narrowed or _still_allowed(client, answer.scopes)
    if not scopes:
        return Invalid("invalid_grant", "every scope was withdrawn")
    granted = Granted(presented.family_id, answer.customer_id, scopes, answer.authentication, successor)
    mandate = await mandate_of(ask, granted)
    return mandate if isinstance(mandate, Refusal) else await tokens_of(ask, granted, mandate)


async def _unlikely(ask: TokenRequest, presented: PresentedToken) -> Refusal | None:
    """Return what risk has against a token before it is spent. A confidential client's comes from its own server."""
    desk, client, http = ask.desk, ask.client, ask.http
    if desk.weigh_refresh is None or client.is_confidential or http is None:
        return None
    family = await desk.hot.family(presented.family_id)
    if family is None:
        return None
    came_from = RequestContext(ask.request_id, http.address, http.headers.get("user-agent") or "")
    verdict = await desk.weigh_refresh(Refreshing(CustomerId(family.customer_id), client.client_id, came_from))
    if not verdict:
        return None
    if verdict == "end":
        entry = AuditEntry(
            "token.revoked",
            actor="system",
            subject=family.customer_id,
            client=client.client_id,
            reason="risk",
            request_id=ask.request_id,
            data={"family": presented.family_id},
        )
        if await desk.hot.revoke_family(presented.family_id, client.key, entry):
            desk.revocations.hear("family", presented.family_id)
    return Invalid("invalid_grant", "risk")


async def _narrowed(ask: TokenRequest, presented: PresentedToken) -> tuple[str, ...] | Refusal | None:
    """Check whatever is to be narrower before the token is spent on it (RFC 6749 §6, RFC 8707 §2.2, RFC 9396 §6)."""
    if ask.form.keys().isdisjoint(_NARROWING):
        return None
    family = await ask.desk.hot.family(presented.family_id)
    if family is None:
        return Invalid("invalid_grant", "unknown family")
    allowed = _still_allowed(ask.client, family.scopes)
    scopes = requested_scopes(ask.form.get("scope"), allowed)
    if isinstance(scopes, Refusal):
        return scopes
    granted = Granted(presented.family_id, family.customer_id, scopes, family.authentication)
    mandate = await mandate_of(ask, granted)
    return mandate if isinstance(mandate, Refusal) else scopes


def _still_allowed(client: Client, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Return *scopes* without those that were withdrawn from the client since they were granted."""
    return tuple(scope for scope in scopes if scope in client.document.scopes)
