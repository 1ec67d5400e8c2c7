"""When keys change: a pure policy over records and an instant.

*Publish before use*: a new key is in the JWKS for a while before it signs, so that whoever caches the JWKS knows it.
*Overlap*: a key that has stopped signing stays in the JWKS until the last token it signed has expired.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

from limen.access.jose.algorithms import Algorithm
from limen.access.jose.keys import ROTATED, KeyState, SigningKey
from limen.identity.tenants.records import KeySettings
from limen.kernel.clock import Instant, micros


class Urgency(StrEnum):
    """How soon keys are to change."""

    DUE = "due"
    """Whatever the policy's times say."""
    SOON = "soon"
    """Publish successors now; they take over after ``publish_before``."""
    COMPROMISED = "compromised"
    """Replace every key at once. All tokens signed so far stop verifying: that is the point."""


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """A tenant's signing algorithms and the times of its keys.

    Attributes:
        algorithms: one active key is kept for each, whether it signs or decrypts.
        active_for: how long a key signs.
        publish_before: how long a key is published before it signs: at least the JWKS cache time.
        overlap: how long it stays published afterwards: at least the longest life of any token we sign.
    """

    algorithms: tuple[Algorithm, ...] = (Algorithm.ES256, Algorithm.RS256)
    active_for: timedelta = timedelta(days=90)
    publish_before: timedelta = timedelta(days=1)
    overlap: timedelta = timedelta(days=1)

    @classmethod
    def of(cls, settings: KeySettings, in_use: Iterable[Algorithm] = ()) -> Self:
        """Return the policy of a tenant with *settings*, for what they name and what is *in_use* beside that."""
        named = map(Algorithm, (*settings.signing, *settings.encryption))
        return cls(
            algorithms=tuple(dict.fromkeys((*named, *in_use))),
            active_for=timedelta(days=settings.active_days),
            publish_before=timedelta(hours=settings.publish_hours),
            overlap=timedelta(hours=settings.overlap_hours),
        )


@dataclass(frozen=True, slots=True)
class Creation:
    """A key is to be made: pending, or active at once where nothing else can sign."""

    alg: Algorithm
    state: KeyState
    activates_at: Instant
    retires_at: Instant = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A key is to pass from one state to the next."""

    before: SigningKey
    after: SigningKey


Transition = Creation | Change


def plan_rotation(
    keys: Sequence[SigningKey], now: Instant, policy: RotationPolicy, urgency: Urgency = Urgency.DUE
) -> list[Transition]:
    """Return what must happen at *now*, in the order in which it must happen. Empty when nothing is due."""
    mine = [key for key in keys if key.purpose in ROTATED and key.is_published]
    if urgency is Urgency.COMPROMISED:
        return [
            *(Change(key, key.remove(now)) for key in mine),
            *(_first(alg, now, policy) for alg in policy.algorithms),
        ]
    plan: list[Transition] = [
        Change(key, key.remove(now)) for key in mine if key.state is KeyState.RETIRING and key.removed_at <= now
    ]
    for alg in dict.fromkeys([*policy.algorithms, *(key.alg for key in mine)]):
        active = _only(mine, alg, KeyState.ACTIVE)
        pending = _only(mine, alg, KeyState.PENDING)
        if alg in policy.algorithms:
            plan.extend(_succession(alg, active, pending, (now, policy, urgency)))
        else:
            plan.extend(_withdrawal(active, pending, now, policy))
    return plan


def next_due(keys: Sequence[SigningKey], policy: RotationPolicy) -> Instant | None:
    """Return when :func:`plan_rotation` will next have something to do, if nothing else happens; None without keys."""
    mine = [key for key in keys if key.purpose in ROTATED]
    due: list[Instant] = []
    for key in mine:
        if key.state is KeyState.PENDING:
            due.append(key.activates_at)
        elif key.state is KeyState.ACTIVE and _only(mine, key.alg, KeyState.PENDING) is None:
            due.append(key.retires_at - micros(policy.publish_before))
        elif key.state is KeyState.RETIRING:
            due.append(key.removed_at)
    return min(due, default=None)


def _succession(
    alg: Algorithm,
    active: SigningKey | None,
    pending: SigningKey | None,
    when: tuple[Instant, RotationPolicy, Urgency],
) -> Iterator[Transition]:
    now, policy, urgency = when
    lead = micros(policy.publish_before)
    if active is None and pending is None:
        yield _first(alg, now, policy)
    elif pending is not None and (active is None or pending.activates_at <= now):
        if active is not None:  # first the old one leaves the active place, then the new one takes it
            yield Change(active, active.retire(now, now + micros(policy.overlap)))
        yield Change(pending, pending.activate(now, now + micros(policy.active_for)))
    elif active is not None and pending is None and (urgency is Urgency.SOON or active.retires_at - lead <= now):
        # after a long stop the old key signs on until its successor has been published for long enough
        takes_over = now + lead if urgency is Urgency.SOON else max(active.retires_at, now + lead)
        yield Creation(alg, KeyState.PENDING, takes_over)


def _withdrawal(
    active: SigningKey | None, pending: SigningKey | None, now: Instant, policy: RotationPolicy
) -> Iterator[Transition]:
    """Phase out an algorithm that the policy no longer names."""
    if pending is not None:
        yield Change(pending, pending.remove(now))
    if active is not None:
        yield Change(active, active.retire(now, now + micros(policy.overlap)))


def _first(alg: Algorithm, now: Instant, policy: RotationPolicy) -> Creation:
    return Creation(alg, KeyState.ACTIVE, now, now + micros(policy.active_for))


def _only(keys: Sequence[SigningKey], alg: Algorithm, state: KeyState) -> SigningKey | None:
    return next((key for key in keys if key.alg is alg and key.state is state), None)
