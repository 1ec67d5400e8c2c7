"""How often a journey may ask: by address, and by the identifier that was typed, whether it exists or not.

Beneath that tries count for the account, however many identifiers it has (:func:`over_account`).
"""

from dataclasses import replace
from typing import Final

from limen.access.account import costs
from limen.access.account.names import NAMES
from limen.access.journeys.context import StepContext
from limen.access.journeys.views import Problem
from limen.kernel.encoding import b64url
from limen.trust.attacks.records import Bar
from limen.trust.limits import Limit, RateLimiter, address_key

_STRANGERS: Final = "strangers"


async def over_mails(context: StepContext, email: str) -> Problem | None:
    """Count one mail to *email*; return the problem to show if it is one too many."""
    settings = context.parts.settings
    named = b64url(await context.parts.directory.email_index(email))
    limits = settings.mails_per_address, settings.mails_per_identifier
    refused = await _barred(context) or await _over(context, limits, f"{named}:{_STRANGERS}")
    return replace(refused, values={"email": email}) if refused is not None else None


async def over_tries(context: StepContext, email: str, named: str, *, known_device: bool) -> Problem | None:
    """Count one try by password for *email*, which is *named* so; return the problem to show if it is one too many.

    A device that the account's owner has used has a count of its own, so that no stranger can lock its owner out.
    """
    settings, whose = context.parts.settings, _whose(context, is_known=known_device)
    limits = settings.per_address, settings.per_identifier
    refused = await _barred(context, is_known=known_device) or await _over(context, limits, f"{named}:{whose}")
    return replace(refused, values={"email": email}) if refused is not None else None


async def _over(context: StepContext, limits: tuple[Limit, Limit], whose: str) -> Problem | None:
    """Count a try for the address of the request, and one for *whose* it is; return the problem of one too many."""
    limiter, tenant, (by_address, by_identifier) = context.parts.limiter, context.parts.tenant_id, limits
    address = address_key(context.request.address)
    refused = await _hit(limiter, f"{by_address.name}:{tenant}:{address}", by_address)
    return refused or await _hit(limiter, f"{by_identifier.name}:{tenant}:{whose}", by_identifier)


async def over_account(context: StepContext, limit: Limit, who: str, *, known_device: bool = False) -> bool:
    """Count one try for *who*: the account, or, where there is none, what was typed. Tell whether it is one too many.

    Whatever names an account has a count of its own, under the same *limit*. Were this one told too, whoever used up
    one name would learn from the next that both are of one account. So what is tried beyond it is answered as if it
    were wrong, and nothing is compared.
    """
    parts, whose = context.parts, _whose(context, is_known=known_device)
    decision = await parts.limiter.hit(f"{limit.name}:{parts.tenant_id}:account:{who}:{whose}", limit)
    return not decision.allowed


async def over_address(context: StepContext) -> Problem | None:
    """Count one try that names nobody; return the problem to show if its address makes one too many."""
    barred = await _barred(context)
    if barred is not None:
        return barred
    limit = context.parts.settings.per_address
    address = address_key(context.request.address)
    return await _hit(context.parts.limiter, f"{limit.name}:{context.parts.tenant_id}:{address}", limit)


async def over_guesses(context: StepContext) -> Problem | None:
    """Count one code typed for the journey's address, in whichever journey; return the problem if it is one too many.

    A journey has few tries, but whoever is refused begins another. Beyond this the mailed link still works, so that no
    stranger's guesses keep an owner out.
    """
    parts, limit = context.parts, context.parts.settings.codes_per_identifier
    who = b64url(await parts.directory.email_index(context.journey.state.email))
    return await _hit(parts.limiter, f"{limit.name}:{parts.tenant_id}:{who}", limit)


async def over_second_factor(context: StepContext, method: str) -> Problem | None:
    """Count one code of *method* typed for the journey's customer; return the problem if it is one too many.

    Whoever types it knows the password, or reads the mail. A device that the owner has signed in from has a count of
    its own, and each method has: no stranger's guesses keep an owner out.
    """
    parts, customer = context.parts, context.facts.customer
    by_address, by_customer = parts.settings.per_address, parts.settings.second_factor
    who = customer.id if customer is not None else ""
    known = who in context.facts.device_of
    address = address_key(context.request.address)
    refused = await _hit(parts.limiter, f"{by_address.name}:{parts.tenant_id}:{address}", by_address)
    if refused is not None:
        return refused
    whose = _whose(context, is_known=known)
    return await _hit(parts.limiter, f"{by_customer.name}:{parts.tenant_id}:{who}:{method}:{whose}", by_customer)


async def over_names(context: StepContext) -> Problem | None:
    """Count one user name typed by the journey's customer; return the problem to show if it is one too many."""
    parts, customer = context.parts, context.facts.customer
    who = customer.id if customer is not None else ""
    return await _hit(parts.limiter, f"{NAMES.name}:{parts.tenant_id}:{who}", NAMES)


async def over_judged(context: StepContext) -> Problem | None:
    """Count one password of the journey's customer that is to be judged; return the problem if it is one too many."""
    parts, customer = context.parts, context.facts.customer
    if customer is None:
        return None
    limited = await costs.over(parts.limiter, parts.tenant_id, customer.id, costs.JUDGED)
    if limited is None:
        return None
    return Problem(notice="error.throttled", status=429, retry_after=limited.retry_after)


def _whose(context: StepContext, *, is_known: bool) -> str:
    """Return whose tries count together: those of a device that the owner has used, or everybody else's."""
    return context.journey.browser_id if is_known else _STRANGERS


async def _barred(context: StepContext, *, is_known: bool = False) -> Problem | None:
    """Return the problem of whoever comes from where nobody is let in: blocked by hand, or by a feed."""
    verdict = context.parts.guard.listed(context.request.address, is_known=is_known)
    if verdict.bar is not Bar.BLOCK:
        return None
    context.parts.count_guard("refused", "listed")
    await context.parts.guard.note("blocked")
    return Problem(notice="error.blocked", status=429, retry_after=verdict.retry_after)


async def _hit(limiter: RateLimiter, key: str, limit: Limit) -> Problem | None:
    decision = await limiter.hit(key, limit)
    if decision.allowed:
        return None
    return Problem(notice="error.throttled", status=429, retry_after=max(1, decision.reset_seconds))
