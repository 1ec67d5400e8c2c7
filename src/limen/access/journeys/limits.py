"""How often a journey may ask: by address, and by the identifier that was typed, whether it exists or not."""

from dataclasses import replace

from limen.access.journeys.context import StepContext
from limen.access.journeys.views import Problem
from limen.kernel.encoding import b64url
from limen.trust.limits import Limit, RateLimiter, address_key


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
        refused = await _hit(parts.limiter, key, limit)
        if refused is not None:
            return replace(refused, values={"email": email})
    return None


async def over_guesses(context: StepContext) -> Problem | None:
    """Count one code typed for the journey's address, in whichever journey; return the problem if it is one too many.

    A journey has few tries, but whoever is refused begins another. Beyond this the mailed link still works, so that no
    stranger's guesses keep an owner out.
    """
    parts, limit = context.parts, context.parts.settings.codes_per_identifier
    who = b64url(await parts.directory.email_index(context.journey.state.email))
    return await _hit(parts.limiter, f"{limit.name}:{parts.tenant_id}:{who}", limit)


async def _hit(limiter: RateLimiter, key: str, limit: Limit) -> Problem | None:
    decision = await limiter.hit(key, limit)
    if decision.allowed:
        return None
    return Problem(notice="error.throttled", status=429, retry_after=max(1, decision.reset_seconds))
