"""Asking for the answer that a person gives on another device (RFC 8628 §3.4, §3.5; CIBA Core §10, §11).

A poll that finds nothing new is one statement without a write that waits for the disk.
"""

from limen.access.tokens.grants.authorization_code import redeem
from limen.access.tokens.issue import TokenSet
from limen.access.tokens.records import Redemption
from limen.access.tokens.request import TokenRequest
from limen.access.tokens.waiting import SLOWEST, WaitingKind, WaitingState
from limen.kernel.encoding import sha256
from limen.kernel.errors import Invalid, Refusal

_MAX_CODE = 128
_PENDING = Invalid("authorization_pending", "pending")


async def poll(ask: TokenRequest, kind: WaitingKind, code: str) -> TokenSet | Refusal:
    """Return the tokens for *code* once a person has allowed them; a code that comes again afterwards ends them.

    Returns:
        ``authorization_pending``, ``slow_down``, ``access_denied``, ``expired_token`` or ``invalid_grant``.
    """
    desk = ask.desk
    if len(code) > _MAX_CODE or not code.isascii():
        return Invalid("invalid_grant", "malformed")
    now, digest = desk.clock.now(), sha256(code.encode())
    found = await desk.hot.poll(digest, now)
    if found is None or found.client != ask.client.key or found.kind is not kind:
        return Invalid("invalid_grant", "unknown, or another client's")
    if found.state is WaitingState.APPROVED:  # whether it is in time is the code's own question
        answer = await redeem(ask, code, kind.value, "")
        is_late = isinstance(answer, Refusal) and answer.detail == Redemption.EXPIRED.value
        return Invalid("expired_token", "allowed, and not asked for in time") if is_late else answer
    if found.state is WaitingState.DENIED:
        return Invalid("access_denied", "denied")
    if found.expires_at <= now:
        return Invalid("expired_token", "expired")
    if not found.is_early(now):
        return _PENDING
    if found.interval < SLOWEST:  # who does not heed it costs no more writes than this
        await desk.hot.slow_down(digest)
    return Invalid("slow_down", "polled too early")
