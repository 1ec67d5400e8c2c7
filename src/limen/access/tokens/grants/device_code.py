"""A device code for tokens (RFC 8628 §3.4)."""

from limen.access.tokens.grants.polling import poll
from limen.access.tokens.issue import TokenSet
from limen.access.tokens.request import TokenRequest
from limen.access.tokens.waiting import WaitingKind
from limen.kernel.errors import Invalid, Refusal


async def redeem_device_code(ask: TokenRequest) -> TokenSet | Refusal:
    """Answer a device's poll."""
    code = ask.form.get("device_code", "")
    if not code:
        return Invalid("invalid_request", "device_code is required")
    return await poll(ask, WaitingKind.DEVICE, code)
