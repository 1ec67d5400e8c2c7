"""Making and changing a tenant's keys. Safe for any number of workers at once: the store decides who was first."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from limen.access.jose.algorithms import Algorithm, PrivateKey, generate_private_key, to_pkcs8
from limen.access.jose.jwk import public_jwk, thumbprint
from limen.access.jose.keys import SEALED_FIELD, KeyVault, SigningKey, SigningKeyStore, purpose_of
from limen.access.jose.keyset import KeySet, load_key_set
from limen.access.jose.rotation import (
    Change,
    Creation,
    RotationPolicy,
    Transition,
    Urgency,
    next_due,
    plan_rotation,
)
from limen.kernel.clock import Clock, Instant
from limen.kernel.errors import Fault

_ROUNDS = 5
Ready = dict[Algorithm, PrivateKey]
"""Private keys that were generated beforehand, so that no transaction is open while they are made."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did. ``changes`` is empty when nothing was due, or when another worker did it all."""

    changes: tuple[Transition, ...]
    next_due: Instant | None


async def rotate_keys(  # noqa: PLR0913 - what is ready belongs to one caller
    store: SigningKeyStore,
    vault: KeyVault,
    clock: Clock,
    policy: RotationPolicy,
    urgency: Urgency = Urgency.DUE,
    ready: Ready | None = None,
) -> Rotated:
    """Do what the policy asks at this moment; to be called often, within one unit of work, whose caller tells the news.

    What :func:`generate` made *ready* is used first.

    Raises:
        Fault: other workers changed the keys under us again and again.
    """
    done: list[Transition] = []
    for _ in range(_ROUNDS):
        plan = plan_rotation(await store.list_keys(), clock.now(), policy, urgency)
        applied = await _apply((store, vault, clock), plan, {} if ready is None else ready)
        done.extend(plan[:applied])
        if applied == len(plan):
            return Rotated(tuple(done), next_due(await store.list_keys(), policy))
    msg = "signing keys are being changed by others without end"
    raise Fault(msg)


async def ensure_keys(store: SigningKeyStore, vault: KeyVault, clock: Clock, policy: RotationPolicy) -> KeySet:
    """Return the tenant's loaded keys, one active for each algorithm; make what is missing (first start).

    Raises:
        Fault: as :func:`rotate_keys`.
        Corrupted: as :meth:`KeySet.from_records`.
    """
    await rotate_keys(store, vault, clock, policy)
    return await load_key_set(store, vault)


async def generate(algorithms: Iterable[Algorithm]) -> Ready:
    """Return a private key for each of *algorithms*, made on a thread: RSA would hold up the event loop."""
    return {alg: await asyncio.to_thread(generate_private_key, alg) for alg in algorithms}


async def make_key(creation: Creation, vault: KeyVault, now: Instant, ready: Ready) -> SigningKey:
    """Return the key that *creation* asks for, from what is *ready* or made now."""
    private = ready.pop(creation.alg, None) or (await generate([creation.alg]))[creation.alg]
    jwk = public_jwk(private)
    kid = thumbprint(jwk)
    return SigningKey(
        kid=kid,
        alg=creation.alg,
        public_jwk=jwk,
        created_at=now,
        activates_at=creation.activates_at,
        retires_at=creation.retires_at,
        sealed_private=vault.seal(SEALED_FIELD, kid, to_pkcs8(private)),
        state=creation.state,
        purpose=purpose_of(creation.alg),
    )


async def _apply(means: tuple[SigningKeyStore, KeyVault, Clock], plan: Sequence[Transition], ready: Ready) -> int:
    """Apply *plan* in order; return how many steps were ours before another worker was faster."""
    store, vault, clock = means
    for count, step in enumerate(plan):
        if isinstance(step, Change):
            ours = await store.update_key(step.before.kid, step.before.state, step.after)
        else:
            ours = await store.add_key(await make_key(step, vault, clock.now(), ready))
        if not ours:
            return count
    return len(plan)
