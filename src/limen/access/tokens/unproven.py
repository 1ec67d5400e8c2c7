"""Bounds on what clients may store that prove nothing: a public ``client_id`` is known to everybody."""

from typing import Final

from limen.access.clients.records import AuthMethod
from limen.access.http import HotResponse
from limen.access.tokens.request import TokenRequest, UseCase
from limen.kernel.errors import Refusal, Throttled
from limen.trust.limits import Limit, RateLimiter, address_key

UNPROVEN: Final = Limit(120, 60, "unproven-requests")
"""Requests that public clients may have kept, by address."""


def bounded(limiter: RateLimiter, use_case: UseCase) -> UseCase:
    """Return *use_case*, bounded for each address where the client has no means to prove itself."""

    async def answer(ask: TokenRequest) -> HotResponse | Refusal:
        if ask.client.document.token_endpoint_auth_method is AuthMethod.NONE and ask.http is not None:
            decision = await limiter.hit(f"unproven:{address_key(ask.http.address)}", UNPROVEN)
            if not decision.allowed:
                return Throttled("slow_down", "too many requests", retry_after=decision.reset_seconds)
        return await use_case(ask)

    return answer
