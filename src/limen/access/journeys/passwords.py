"""A new password on its way: judged and hashed in the pool, before any transaction begins."""

from dataclasses import replace
from typing import Any

from limen.access.journeys.context import StepContext
from limen.access.journeys.parts import JourneyParts
from limen.access.journeys.views import Problem, problem_of
from limen.identity.credentials.choose import Known, choose_password
from limen.identity.credentials.context import context_words
from limen.identity.credentials.records import unseal_password
from limen.identity.customers.records import Profile


def password_data(parts: JourneyParts) -> dict[str, Any]:
    """Return what the field for a new password says."""
    return {"min_length": parts.policy.minimum, "feedback": []}


async def hashed_password(
    context: StepContext, password: str, whose: Profile, values: dict[str, str], *, asked_at: str = ""
) -> str | Problem:
    """Return the Argon2id hash of an acceptable password as PHC text, or what is wrong with it.

    *whose* says what a guesser knows of the owner; *asked_at* is an address they gave, which it may lack.
    """
    parts = context.parts
    words = context_words(parts.desk.tenant.name, asked_at, *whose.called)
    emails = tuple(dict.fromkeys((*whose.addresses, *filter(None, (asked_at,)))))
    known = Known(parts.breaches.guard, await _earlier(context), emails)
    outcome = await choose_password(password, words, parts.policy, parts.hasher, known)
    if isinstance(outcome, str):
        return outcome
    problem = problem_of(outcome.refusal, values)
    return replace(problem, data={"feedback": list(outcome.hints)}) if outcome.hints else problem


def remembered(parts: JourneyParts) -> int:
    """Return how many passwords before a new one stay on record."""
    return max(0, parts.desk.tenant.settings.password_history - 1)


async def _earlier(context: StepContext) -> tuple[str, ...]:
    """Return the hashes that the customer's new password must not match, the present one first."""
    parts, customer = context.parts, context.facts.customer
    most = parts.desk.tenant.settings.password_history
    vault = await parts.directory.vault_of(customer.id) if most and customer is not None else None
    if customer is None or vault is None:
        return ()
    async with parts.read(parts.tenant_id) as unit:
        present = await unit.passwords.get(customer.id)
        stored = [*([present] if present is not None else []), *await unit.passwords.earlier(customer.id)]
    opened = [unseal_password(vault, one) for one in stored[:most]]
    return tuple(one.hash for one in opened if one is not None)
