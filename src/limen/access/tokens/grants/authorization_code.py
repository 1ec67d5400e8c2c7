"""A code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9700 §2.1.1)."""

import re

from limen.access.clients.pkce import clause_for
from limen.access.tokens.answering import Granted, mandate_of, tokens_of
from limen.access.tokens.issue import TokenSet
from limen.access.tokens.records import NO_CHALLENGE, RedeemCode, Redemption
from limen.access.tokens.refresh_tokens import refresh_life
from limen.access.tokens.request import TokenRequest
from limen.kernel.clock import SECOND
from limen.kernel.encoding import b64url, sha256
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.ids import FamilyId

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 §4.1
_MAX_CODE = 128


async def redeem_code(ask: TokenRequest) -> TokenSet | Refusal:
    """Redeem the code in *form*; a code that comes twice ends what the first one began (RFC 9700 §4.2.4)."""
    form = ask.form
    code, verifier = form.get("code", ""), form.get("code_verifier", "")
    if not code or "redirect_uri" not in form:
        return Invalid("invalid_request", "code and redirect_uri are required")
    if not verifier and (clause := clause_for(ask.client.document)):
        words = f"code_verifier is required ({clause})"
        return Invalid("invalid_request", words, {"error_description": words})
    if len(code) > _MAX_CODE or not code.isascii() or (verifier and not _VERIFIER.fullmatch(verifier)):
        return Invalid("invalid_grant", "the code or its verifier is malformed")
    # Without a verifier nothing fits but a code without a challenge, and with one, no such code (RFC 9700 §4.8.2).
    challenge = b64url(sha256(verifier.encode())) if verifier else NO_CHALLENGE
    return await redeem(ask, code, form["redirect_uri"], challenge)


async def redeem(ask: TokenRequest, code: str, redirect_uri: str, challenge: str) -> TokenSet | Refusal:
    """Exchange *code*, stored with just this redirect URI and challenge, for a family: once, whoever races.

    What was approved on another device is redeemed by the same step; see ``access.tokens.grants.polling``.
    """
    desk, client = ask.desk, ask.client
    now = desk.clock.now()
    family_id = FamilyId.new(desk.clock, desk.entropy)
    refresh_token, refresh_hash = desk.refresh.first(family_id, desk.entropy)
    answer = await desk.hot.redeem_code(
        RedeemCode(
            code_hash=sha256(code.encode()),
            client=client.key,
            client_id=client.client_id,
            redirect_uri=redirect_uri,
            challenge=challenge,
            family_id=family_id,
            refresh_hash=refresh_hash,
            refresh_allowed=client.may("refresh_token"),
            idle_until=now + refresh_life(desk.lifetimes.refresh_idle, client.document.refresh_idle_seconds) * SECOND,
            family_expires_at=now
            + refresh_life(desk.lifetimes.refresh_absolute, client.document.refresh_absolute_seconds) * SECOND,
            request_id=ask.request_id,
            confirmation=ask.key,
            binds=not client.is_confidential,  # others prove themselves at each refresh (RFC 9449 §5, RFC 8705 §4)
        )
    )
    if answer.outcome is not Redemption.REDEEMED or answer.authentication is None:
        return Invalid("invalid_grant", answer.outcome.value)
    granted = Granted(
        family=family_id,
        customer_id=answer.customer_id,
        scopes=answer.scopes,
        authentication=answer.authentication,
        refresh_token=refresh_token if answer.has_refresh else "",
        nonce=answer.nonce,
    )
    mandate = await mandate_of(ask, granted)
    return mandate if isinstance(mandate, Refusal) else await tokens_of(ask, granted, mandate)
