"""How often a journey may ask: by address, and by the identifier that was typed, whether it exists or not."""

from limen.access.journeys.context import StepContext
from limen.access.journeys.views import Problem
from limen.kernel.encoding import b64url
from limen.trust.limits import Limit, address_key


async def over_limits(context: StepContext, email: str, *, mail: bool, known_device: bool = False) -> Problem | None:
    """Count one try for *email*; return the problem to show if it is one too many.

    A device that the account's owner has used has a count of its own, so that no stranger can lock its owner out.
    """
    settings, parts = context.parts.settings, context.parts
    by_address = settings.mails_per_address if mail else settings.per_address
    by_identifier = settings.mails_per_identifier if mail else settings.per_identifier
    who = b64url(await parts.directory.email_index(email))
    whose = context.journey.browser_id if known_device else "strangers"
    tenant = parts.tenant_id
    asked: tuple[tuple[str, Limit], ...] = (
        (f"{by_address.name}:{tenant}:{address_key(context.request.address)}", by_address),
        (f"{by_identifier.name}:{tenant}:{who}:{whose}", by_identifier),
    )
    for key, limit in asked:
        decision = await parts.limiter.hit(key, limit)
        if not decision.allowed:
            return Problem(
                notice="error.throttled",
                values={"email": email},
                status=429,
                retry_after=max(1, decision.reset_seconds),
            )
    return None
