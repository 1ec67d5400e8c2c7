"""Which passwords may be chosen (NIST SP 800-63B-4 §3.1.1.2): long enough and not among the first that are tried.

No rule asks for digits, signs or capitals, and no password expires by age: that standard forbids both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from limen.identity.credentials.context import derives_from
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.prepare import MAXIMUM_LENGTH, prepare, refuse
from limen.identity.credentials.strength import BEST_SCORE, estimate
from limen.kernel.errors import Corrupted, Invalid, Misconfigured, Unavailable

_SHORTEST_MINIMUM = 8
_SHORTEST_MAXIMUM = 64
_REFUSED_SCORE = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says of one password.

    Attributes:
        acceptable: whether it may be chosen.
        refusal: why not, as a message key; empty if it may.
        score: 0 to 4, see :class:`~limen.identity.credentials.strength.Strength`; 0 where it was refused unread.
        hints: message keys for the page, also for an acceptable password that could be better.
    """

    acceptable: bool
    refusal: str
    score: int
    hints: tuple[str, ...]

    def as_refusal(self, field: str = "password") -> Invalid | None:
        """Return the refusal for the form field *field*, or None if the password is acceptable."""
        return None if self.acceptable else refuse(self.refusal, field)


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """A tenant's rules. Lengths count code points after preparation.

    Attributes:
        minimum: the shortest password that opens a session by itself.
        minimum_with_mfa: the shortest one that never does so without another factor.
        maximum: the longest password, at most 256.
        minimum_score: the lowest acceptable score; 2 refuses what falls within the first million guesses.
    """

    minimum: int = 10
    minimum_with_mfa: int = 10
    maximum: int = MAXIMUM_LENGTH
    minimum_score: int = 2

    def __post_init__(self) -> None:
        """Refuse limits that the standard or the preparation forbids.

        Raises:
            Misconfigured: a limit is out of bounds.
        """
        minimums_hold = _SHORTEST_MINIMUM <= self.minimum_with_mfa <= self.minimum <= _SHORTEST_MAXIMUM
        maximum_holds = _SHORTEST_MAXIMUM <= self.maximum <= MAXIMUM_LENGTH
        if not (minimums_hold and maximum_holds and 0 <= self.minimum_score <= BEST_SCORE):
            msg = "The password policy's limits are out of bounds."
            hint = "8 ≤ minimum_with_mfa ≤ minimum ≤ 64 ≤ maximum ≤ 256 and 0 ≤ minimum_score ≤ 4."
            raise Misconfigured(msg, hint)

    def judge(self, password: str, context: Sequence[str] = (), *, with_mfa: bool = False) -> Verdict:
        """Judge *password*, new or changed, for somebody whom *context* (``context_words(…)``) describes.

        Costs up to about 100 ms of processor time, and memory on first use: event loops use :meth:`assess`.
        """
        prepared = prepare(password)
        if isinstance(prepared, Invalid):
            return _refused(prepared.fields["password"])
        text = prepared.decode()
        if len(text) < (self.minimum_with_mfa if with_mfa else self.minimum):
            return _refused("password.too_short")
        if len(text) > self.maximum:
            return _refused("password.too_long")
        return self._judge_strength(text, context)

    async def assess(
        self, pool: HashPool, password: str, context: Sequence[str] = (), *, with_mfa: bool = False
    ) -> Verdict | Unavailable:
        """Judge *password* on a hash thread, see :meth:`judge`."""
        return await pool.run(lambda: self.judge(password, context, with_mfa=with_mfa))

    def _judge_strength(self, text: str, context: Sequence[str]) -> Verdict:
        strength = estimate(text, context)
        is_weak = strength.score < self.minimum_score
        reasons = (
            (strength.is_common, "password.too_common"),
            (derives_from(text, context) or (is_weak and strength.uses_context), "password.contains_context"),
            (is_weak, "password.too_guessable"),
        )
        refusal = next((key for applies, key in reasons if applies), "")
        score = min(strength.score, _REFUSED_SCORE) if refusal else strength.score  # no full bar beside a "no"
        return Verdict(acceptable=not refusal, refusal=refusal, score=score, hints=strength.hints)


def _refused(key: str) -> Verdict:
    return Verdict(acceptable=False, refusal=key, score=0, hints=())


PRESETS: Mapping[str, PasswordPolicy] = MappingProxyType(
    {
        "default": PasswordPolicy(),
        "sp800-63b-4": PasswordPolicy(minimum=15, minimum_with_mfa=8),
    }
)
"""Named policies: *sp800-63b-4* asks for 15 where a password alone opens a session, and 8 beside another factor."""


def policy_of(preset: str) -> PasswordPolicy:
    """Return the policy of a tenant's stored *preset*. A weaker one is never taken in its place.

    Raises:
        Corrupted: there is no such preset; none is stored that was not checked.
    """
    policy = PRESETS.get(preset)
    if policy is None:
        raise Corrupted("a tenant names a password preset that there is not")
    return policy
