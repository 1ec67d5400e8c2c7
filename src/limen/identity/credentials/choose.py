"""Choosing a password: prepared, judged, hashed. The one way, for every page and every interface."""

from collections.abc import Sequence
from dataclasses import dataclass

from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.policy import PasswordPolicy
from limen.identity.credentials.prepare import prepare_aside
from limen.kernel.errors import Refusal


@dataclass(frozen=True, slots=True)
class NotChosen:
    """Why a password may not be chosen, and what would make a better one (message keys)."""

    refusal: Refusal
    hints: tuple[str, ...] = ()


async def choose_password(
    password: str, words: Sequence[str], policy: PasswordPolicy, hasher: PasswordHasher
) -> str | NotChosen:
    """Return the Argon2id hash of an acceptable password as PHC text.

    To be called before a transaction begins: it takes two turns in the hash pool. *words* are ``context_words`` of
    whose password it is to be. Refused with ``Invalid`` by the field ``password``, or ``Unavailable`` (``busy``).
    """
    prepared = await prepare_aside(password, hasher.pool)
    if isinstance(prepared, Refusal):
        return NotChosen(prepared)
    verdict = await policy.assess(hasher.pool, password, words)
    if isinstance(verdict, Refusal):
        return NotChosen(verdict)
    refusal = verdict.as_refusal()
    if refusal is not None:
        return NotChosen(refusal, verdict.hints)
    hashed = await hasher.hash(prepared)
    return NotChosen(hashed) if isinstance(hashed, Refusal) else hashed
