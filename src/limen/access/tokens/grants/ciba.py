"""What a client polls with in CIBA, for tokens (CIBA Core §10.1)."""

from limen.access.tokens.grants.polling import poll
from limen.access.tokens.issue import TokenSet
from limen.access.tokens.request import TokenRequest
from limen.access.tokens.waiting import WaitingKind
from limen.kernel.errors import Invalid, Refusal


async def redeem_auth_req_id(ask: TokenRequest) -> TokenSet | Refusal:
    """Answer a client's poll, in poll mode and in ping mode alike."""
    code = ask.form.get("auth_req_id", "")
    if not code:
        return Invalid("invalid_request", "auth_req_id is required")
    return await poll(ask, WaitingKind.BACKCHANNEL, code)
