"""Restriction and legal hold, as an administrator sets and lifts them.

*Restricted*: data is stored and nothing else is done with it (GDPR Article 18 (2)). Every session and token ends; the
customer may sign in again to their account, where their rights are; no application gets a code, a token or a claim of
them, every question about a consent is answered no, and no job deletes their account.

*Hold*: the account cannot be deleted, by whomever (GDPR Article 17 (3)(e)); a deletion that is due waits.
"""

from dataclasses import dataclass, replace
from typing import Final

from limen.identity.administrators import Actor
from limen.identity.customers.records import CustomerState, SealedCustomer
from limen.identity.keyring import Keyring, SubjectVault
from limen.identity.rights.records import Limit, LimitKind
from limen.identity.rights.requests import Begin
from limen.identity.rights.store import RightsUnit
from limen.kernel.clock import Clock
from limen.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId, TenantId

LONGEST: Final = 1_000
_FIELD: Final = "processing_limit"
_GONE: Final = NotFound("customer_not_found")
_BEYOND: Final = Forbidden("beyond_your_authority", "the customer administers more than the actor")


@dataclass(frozen=True, slots=True)
class Told:
    """A limit with its reason."""

    limit: Limit
    reason: str


def opened(vault: SubjectVault, limit: Limit) -> Told:
    """Return a limit with its reason."""
    return Told(limit, vault.unseal(_FIELD, limit.kind.value, limit.sealed).decode())


@dataclass(frozen=True, slots=True)
class Limits:
    """One tenant's limits."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    keyring: Keyring
    clock: Clock

    async def of_customer(self, customer_id: CustomerId) -> list[Told] | NotFound:
        """Return what holds for a customer, with the reasons."""
        vault = await self.keyring.subject(self.tenant_id, customer_id)
        if vault is None:
            return _GONE
        async with self.reading(self.tenant_id) as unit:
            found = await unit.processing_limits.of_customer(customer_id)
        return [opened(vault, one) for one in found]

    async def set(self, customer_id: CustomerId, kind: LimitKind, reason: str, actor: Actor) -> Refusal | None:
        """Set a limit, for a *reason*; setting it twice changes nothing.

        Returns:
            ``Invalid`` by field, ``NotFound("customer_not_found")`` or ``Conflict("version_changed")``.
        """
        if not reason.strip() or len(reason) > LONGEST or not reason.isprintable():
            return Invalid("invalid_limit", "reason", {"reason": "text.invalid"})
        vault = await self.keyring.subject(self.tenant_id, customer_id)
        if vault is None:
            return _GONE
        sealed = vault.seal(_FIELD, kind.value, reason.encode())
        async with self.begin(self.tenant_id) as unit:
            customer = await unit.customers.get(customer_id)
            if customer is None:
                return _GONE
            if kind is LimitKind.RESTRICTION and not actor.may_change(await unit.administrators.role(customer_id)):
                return _BEYOND
            if kind in {one.kind for one in await unit.processing_limits.of_customer(customer_id)}:
                return None
            if kind is LimitKind.RESTRICTION and not await self._restrict(unit, customer):
                return Conflict("version_changed")
            await unit.processing_limits.put(Limit(customer_id, kind, self.clock.now(), actor.name, sealed))
            _tell(unit, customer_id, f"{_NOUNS[kind]}.set", actor)
        return None

    async def lift(self, customer_id: CustomerId, kind: LimitKind, actor: Actor) -> Refusal | None:
        """Lift a limit; lifting it twice changes nothing."""
        async with self.begin(self.tenant_id) as unit:
            customer = await unit.customers.get(customer_id)
            if customer is None:
                return _GONE
            if kind is LimitKind.RESTRICTION and not actor.may_change(await unit.administrators.role(customer_id)):
                return _BEYOND
            if not await unit.processing_limits.lift(customer_id, kind):
                return None
            if kind is LimitKind.RESTRICTION and customer.state == CustomerState.RESTRICTED:
                now = self.clock.now()
                freed = replace(customer, state=CustomerState.ACTIVE, updated_at=now, version=customer.version + 1)
                await unit.customers.update(freed, customer.version)
                unit.change("subject", f"{customer.subject}:{customer.valid_after}")
            _tell(unit, customer_id, f"{_NOUNS[kind]}.lifted", actor)
        return None

    async def _restrict(self, unit: RightsUnit, customer: SealedCustomer) -> bool:
        """End everything that was begun, and let only the account be opened again."""
        now = self.clock.now()
        state = CustomerState.DISABLED if customer.state == CustomerState.DISABLED else CustomerState.RESTRICTED
        after = replace(customer, state=state, valid_after=now, updated_at=now, version=customer.version + 1)
        await unit.sessions.end_all(customer.id, now)  # first: the caches must hear of each family
        if not await unit.customers.update(after, customer.version):
            return False
        unit.change("subject", f"{customer.subject}:{now}")
        unit.announce(Event("session.ended", customer.id, {"all": True}))
        return True


_NOUNS: Final = {LimitKind.RESTRICTION: "restriction", LimitKind.HOLD: "legal_hold"}


def _tell(unit: RightsUnit, customer_id: CustomerId, name: str, actor: Actor) -> None:
    unit.record(AuditEntry(name, actor=actor.name, subject=customer_id, request_id=actor.request_id))
    unit.announce(Event(name, customer_id))
