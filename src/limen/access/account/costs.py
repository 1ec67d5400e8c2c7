"""How often a customer may cause what costs much: by the pages and by the API, together."""

from typing import Final

from limen.kernel.errors import Throttled
from limen.kernel.ids import CustomerId, TenantId
from limen.trust.limits import Limit, RateLimiter

CHANGES: Final = Limit(30, 3_600, "changes-begun")
"""Changes begun through applications: each is a key and a few durable writes before anything of it is judged."""
JUDGED: Final = Limit(10, 600, "passwords-judged")
"""Passwords and passphrases judged: how guessable a long one is takes as long to find out as a hash."""


async def over(limiter: RateLimiter, tenant_id: TenantId, customer_id: CustomerId, limit: Limit) -> Throttled | None:
    """Count one for a customer; return what refuses it if it is one too many."""
    decision = await limiter.hit(f"{limit.name}:{tenant_id}:{customer_id}", limit)
    if decision.allowed:
        return None
    return Throttled("too_many_requests", limit.name, retry_after=max(1, decision.reset_seconds))
