"""A new password on its way: judged and hashed in the pool, before any transaction begins."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from limen.access.journeys.context import StepContext
from limen.access.journeys.parts import JourneyParts
from limen.access.journeys.views import Problem, problem_of
from limen.identity.credentials.choose import choose_password
from limen.identity.credentials.context import context_words


def password_data(parts: JourneyParts) -> dict[str, Any]:
    """Return what the field for a new password says."""
    return {"min_length": parts.policy.minimum, "feedback": []}


async def hashed_password(
    context: StepContext, password: str, about: Iterable[str], values: dict[str, str]
) -> str | Problem:
    """Return the Argon2id hash of an acceptable password as PHC text, or what is wrong with it."""
    parts = context.parts
    words = context_words(*about, parts.desk.tenant.name)
    outcome = await choose_password(password, words, parts.policy, parts.hasher)
    if isinstance(outcome, str):
        return outcome
    problem = problem_of(outcome.refusal, values)
    return replace(problem, data={"feedback": list(outcome.hints)}) if outcome.hints else problem
