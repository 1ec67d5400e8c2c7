"""Following attacks that were recognised: what is tried while they go on, and when they are over."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from limen.kernel.events import AuditEntry
from limen.kernel.ids import TenantId
from limen.kernel.units import AnnouncesEvents, RecordsAudit
from limen.trust.attacks.alerts import Attack, AttackStore, Tries, busiest, ended
from limen.trust.attacks.guard import AttackGuard, is_attack
from limen.trust.attacks.places import places
from limen.trust.risk.whereabouts import Geography

_STOPPED: Final = ("refused", "blocked")


class AttackUnit(RecordsAudit, AnnouncesEvents, Protocol):
    """One tenant's transaction, as attacks are followed in it."""

    @property
    def attacks(self) -> AttackStore:
        """Return the attacks that guards recognised."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[AttackUnit]]
NOTHING: Final[Mapping[str, int]] = {}


@dataclass(frozen=True, slots=True)
class Following:
    """One tenant's attacks."""

    guard: AttackGuard
    geography: Geography
    begin: Begin

    async def __call__(self, counted: Mapping[str, int] = NOTHING) -> int:
        """Add what this process *counted*, by kind of :data:`limen.trust.attacks.tallies.KINDS`, and end what is over.

        Returns how many are. Of processes that come to one attack at once, one ends it.
        """
        tenant_id = TenantId(self.guard.counters.tenant_id)
        now, over = self.guard.counters.clock.now(), 0
        is_on = is_attack(await self.guard.counters.of_tenant(), self.guard.settings)
        where = await places(self.guard, self.geography)
        tries = _tries(counted)
        async with self.begin(tenant_id) as unit:
            for one in await unit.attacks.open():
                await unit.attacks.count(one.id, tries, busiest([*one.networks, *where]))
            for one in await unit.attacks.open():
                if one.is_quiet(now) and not (one.kind == "attack" and is_on):
                    over += await _ended(unit, one.over(now))
        return over


async def _ended(unit: AttackUnit, attack: Attack) -> bool:
    """End *attack* and say so; False where somebody else did, or it goes on."""
    if not await unit.attacks.end(attack):
        return False
    event = ended(attack)
    unit.announce(event)
    unit.record(AuditEntry(event.name, data=dict(event.data)))
    return True


def _tries(counted: Mapping[str, int]) -> Tries:
    return Tries(
        passed=counted.get("right", 0),
        wrong=counted.get("wrong", 0),
        stopped=sum(counted.get(kind, 0) for kind in _STOPPED),
        doubted=counted.get("doubted", 0),
    )
