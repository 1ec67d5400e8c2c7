"""Giving records their place in the tenant's chain, and signing what that makes.

Decisions are recorded without a lock that a tenant's customers share. Whoever runs this takes one, for a moment, beside
every sign-in: of two workers one is first, and the other finds nothing left to place. It bears being stopped anywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from limen.identity.consents.chain import Head, next_checkpoint, placed, signed_bytes
from limen.identity.consents.store import ChainStore
from limen.identity.consents.tree import TILE, finished_tiles, root_of, subtree
from limen.kernel.clock import Instant
from limen.kernel.ids import TenantId

BATCH: Final = 1_000
"""Records that get their place in one transaction."""


@dataclass(frozen=True, slots=True)
class LedgerSigner:
    """What signs for one tenant's ledger: the key's identifier, its algorithm (JWA) and Ed25519 over bytes."""

    kid: str
    alg: str
    public_jwk: dict[str, str]
    sign: Callable[[bytes], bytes]


async def sequence(store: ChainStore, tenant_id: TenantId, signer: LedgerSigner, now: Instant) -> int:
    """Place up to :data:`BATCH` records that wait, and sign the tree that they make; return how many they were."""
    await store.lock()
    head = await store.head()
    places = placed(head, await store.waiting(BATCH))
    if not places:
        return 0
    await store.place(places)
    await _keep_tiles(store, head.size, places[-1].seq)
    after = Head(places[-1].seq, places[-1].hash)
    root = await subtree(store, 0, after.size)
    fresh = replace(next_checkpoint(await store.last_checkpoint(), after, root, tenant_id, now), kid=signer.kid)
    await store.add_checkpoint(replace(fresh, signature=signer.sign(signed_bytes(fresh))))
    return len(places)


async def _keep_tiles(store: ChainStore, before: int, after: int) -> None:
    for level, number in finished_tiles(before, after):
        below = (number * TILE, (number + 1) * TILE)
        hashes = await store.leaves(*below) if level == 1 else await store.tiles(level - 1, *below)
        await store.add_tile(level, number, root_of(hashes))
