"""A new password on its way: judged and hashed in the pool, before any transaction begins."""

from collections.abc import Iterable
from typing import Any

from limen.access.journeys.context import StepContext
from limen.access.journeys.parts import JourneyParts
from limen.access.journeys.views import Problem, problem_of
from limen.identity.credentials.context import context_words
from limen.identity.credentials.prepare import prepare
from limen.kernel.errors import Refusal


def password_data(parts: JourneyParts) -> dict[str, Any]:
    """Return what the field for a new password says."""
    return {"min_length": parts.policy.minimum, "feedback": []}


async def hashed_password(
    context: StepContext, password: str, about: Iterable[str], values: dict[str, str]
) -> str | Problem:
    """Return the Argon2id hash of an acceptable password as PHC text, or what is wrong with it."""
    parts = context.parts
    prepared = prepare(password)
    if isinstance(prepared, Refusal):
        return problem_of(prepared, values)
    words = context_words(*about, parts.desk.tenant.name)
    verdict = await parts.policy.assess(parts.pool, password, words)
    if isinstance(verdict, Refusal):
        return problem_of(verdict, values)
    refusal = verdict.as_refusal()
    if refusal is not None:
        return Problem(dict(refusal.fields), values=values, data={"feedback": list(verdict.hints)})
    hashed = await parts.hasher.hash(prepared)
    return problem_of(hashed, values) if isinstance(hashed, Refusal) else hashed
