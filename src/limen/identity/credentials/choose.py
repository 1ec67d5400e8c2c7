"""Choosing a password: prepared, judged, hashed. The one way, for every page and every interface."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from limen.identity.credentials.breaches import NO_CORPUS, BreachGuard
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.policy import PasswordPolicy
from limen.identity.credentials.prepare import prepare_aside, raw_bytes, refuse
from limen.kernel.errors import Refusal


@dataclass(frozen=True, slots=True)
class NotChosen:
    """Why a password may not be chosen, and what would make a better one (message keys)."""

    refusal: Refusal
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What a new password must not be: one from a breach, or one that was the customer's before.

    Attributes:
        earlier: the customer's own passwords, as they are kept.
        emails: the customer's addresses: a breach may have one of them beside the password.
    """

    breaches: BreachGuard = NO_CORPUS
    earlier: tuple[str, ...] = field(default=(), repr=False)
    emails: tuple[str, ...] = field(default=(), repr=False)


_NOTHING = Known()


async def choose_password(
    password: str, words: Sequence[str], policy: PasswordPolicy, hasher: PasswordHasher, known: Known = _NOTHING
) -> str | NotChosen:
    """Return the Argon2id hash of an acceptable password as PHC text.

    To be called before a transaction begins: it takes two turns in the hash pool, and one for each earlier password.
    *words* are ``context_words`` of whose password it is to be. Refused with ``Invalid`` by the field ``password``, or
    ``Unavailable`` (``busy``, ``password_unchecked``).
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
    raw = raw_bytes(password)
    is_known = await known.breaches.judge(prepared, known.emails)
    is_known = is_known or await _used_before(prepared, raw, known.earlier, hasher)
    if is_known is not None:
        return NotChosen(is_known)
    hashed = await hasher.hash(prepared)
    return NotChosen(hashed) if isinstance(hashed, Refusal) else hashed


async def _used_before(prepared: bytes, raw: bytes, earlier: Sequence[str], hasher: PasswordHasher) -> Refusal | None:
    """Return why *prepared* may not be chosen again; one hash after the other, so that the pool is never flooded."""
    for phc in earlier:
        compared = await hasher.verify(phc, prepared, raw)
        if isinstance(compared, Refusal):
            return compared
        if compared.matches:
            return refuse("password.used_before")
    return None
