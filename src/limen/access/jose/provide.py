"""A key for an algorithm that somebody has just begun to ask for: a client, or a resource server.

The key signs at once, because nothing else can; whoever verifies finds an unknown ``kid`` and reads the JWKS again.
From then on it is rotated like any other, as long as somebody uses its algorithm.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from limen.access.jose.algorithms import Algorithm
from limen.access.jose.keys import KeyState, KeyVault, SigningKeyStore
from limen.access.jose.rotate import generate, make_key
from limen.access.jose.rotation import Creation, RotationPolicy
from limen.kernel.clock import Clock, micros
from limen.kernel.events import AuditEntry, Event
from limen.kernel.units import AnnouncesEvents, RecordsAudit, TellsCaches


class KeyUnit(RecordsAudit, AnnouncesEvents, TellsCaches, Protocol):
    """A unit of work that reaches the tenant's keys."""

    @property
    def signing_keys(self) -> SigningKeyStore:
        """Return the tenant's keys."""
        ...


Open = Callable[[], AbstractAsyncContextManager[KeyUnit]]


async def provide_keys(  # noqa: PLR0913 - two ways in, three means, one wish
    reading: Open,
    begin: Open,
    vault: KeyVault,
    clock: Clock,
    wanted: Iterable[Algorithm],
    *,
    is_news: bool = True,
) -> tuple[Algorithm, ...]:
    """Make an active key for each of *wanted* that has none; return those for which one was made.

    Keys are generated before the transaction begins. Where another worker was faster, its key is kept. *is_news* is
    False where nobody can hold the tenant's keys yet, so that no cache need be told.
    """
    missing = await _missing(reading, wanted)
    if not missing:
        return ()
    ready = await generate(missing)
    made: list[Algorithm] = []
    async with begin() as unit:
        now = clock.now()
        until = now + micros(RotationPolicy().active_for)
        for alg in missing:
            key = await make_key(Creation(alg, KeyState.ACTIVE, now, until), vault, now, ready)
            if await unit.signing_keys.add_key(key):
                made.append(alg)
        if made:
            data = {"algorithms": [alg.value for alg in made]}
            unit.record(AuditEntry("keys.created", data=data))
            unit.announce(Event("keys.created", data=data))
            if is_news:
                unit.change("keys", "")
    return tuple(made)


async def _missing(reading: Open, wanted: Iterable[Algorithm]) -> list[Algorithm]:
    async with reading() as unit:
        active = {key.alg for key in await unit.signing_keys.list_keys() if key.state is KeyState.ACTIVE}
    return sorted(set(wanted) - active)
