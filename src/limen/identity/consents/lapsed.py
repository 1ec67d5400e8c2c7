"""Which purposes are over for a customer, so that what was kept for them has to go."""

from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from limen.identity.consents.question import Standing, is_over
from limen.identity.consents.store import ConsentLedger, PurposeStore
from limen.kernel.clock import Clock
from limen.kernel.ids import CustomerId, TenantId


class DecisionsUnit(Protocol):
    """A unit of work that reads what customers decided."""

    @property
    def consents(self) -> ConsentLedger:
        """Return what they decided."""
        ...

    @property
    def purposes(self) -> PurposeStore:
        """Return what they decided about."""
        ...


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Answers for one tenant's customers; ``reading`` only reads."""

    tenant_id: TenantId
    reading: Callable[[TenantId], AbstractAsyncContextManager[DecisionsUnit]]
    clock: Clock

    async def __call__(self, customer_id: CustomerId, names: Collection[str]) -> frozenset[str]:
        """Return those purposes of *names* that the customer allows no more; a name that nobody knows is none."""
        async with self.reading(self.tenant_id) as unit:
            purposes = [one for one in await unit.purposes.all() if one.name in names]
            decided = await unit.consents.latest(customer_id) if purposes else []
        standing = {(one.decision.purpose, one.decision.party): Standing.of(one) for one in decided}
        now = self.clock.now()
        return frozenset(one.name for one in purposes if is_over(one, standing.get((one.name, one.party)), now))
