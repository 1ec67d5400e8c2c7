"""The keys under which each tenant's counters of risk are called, one for each epoch, and their end.

Each is a random key in the key store, as a customer's is, under the tenant's key and under the keyring's own epoch. It
is made at the first use of an epoch and destroyed with the epoch's counters: then no copy of those, in whatever backup,
can be tied to a value, not even by whoever holds the tenant's key.
"""

from collections import OrderedDict
from typing import Final

from limen.identity.keyring import Keyring
from limen.kernel.clock import Clock, Instant
from limen.kernel.ids import TenantId
from limen.trust.risk.counts import epoch_of
from limen.trust.risk.keys import PURPOSE, Epoch, Epochs

_HELD: Final = 4_096
"""So many tenants' keys are held, the most recently used ones."""
_MISSED: Final = 8
"""So many epochs back are looked at: a year, in which a process that destroys may not have run."""
_LIVE: Final = 2
"""The present epoch and the one before have counters."""


class RiskEpochs:
    """The present epoch of each tenant, and the one before."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        """Keep keys in *keyring*."""
        self._keyring, self._clock = keyring, clock
        self._held: OrderedDict[TenantId, Epochs] = OrderedDict()

    async def of(self, tenant_id: TenantId) -> Epochs:
        """Return them; the key of a new epoch is made, and durable on return."""
        number = epoch_of(self._clock.now())
        held = self._held.get(tenant_id)
        if held is None or held[0].number != number:
            held = (
                Epoch(number, await self._made(tenant_id, number)),
                Epoch(number - 1, await self._key(tenant_id, number - 1)),
            )
            self._held[tenant_id] = held
            if len(self._held) > _HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(tenant_id)
        return held

    async def _made(self, tenant_id: TenantId, number: int) -> bytes:
        key = await self._key(tenant_id, number)
        if not key:
            await self._keyring.create_subject(tenant_id, key_name(number))
            key = await self._key(tenant_id, number)
        return key

    async def _key(self, tenant_id: TenantId, number: int) -> bytes:
        """Return the key of an epoch; nothing where it has none, and so no counters."""
        return await self._keyring.subject_key(tenant_id, key_name(number), PURPOSE) or b""


def key_name(number: int) -> str:
    """Return what the key of an epoch is called in the key store."""
    return f"risk_epoch:{number}"


def names_of_over(now: Instant) -> list[str]:
    """Return what the keys of epochs are called whose counters are over at *now*."""
    over = epoch_of(now) - _LIVE
    return [key_name(number) for number in range(over - _MISSED, over + 1)]
