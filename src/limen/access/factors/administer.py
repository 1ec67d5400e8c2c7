"""What an administrator does with a customer's second factors: look, and take away what was lost."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from limen.access.factors.notices import Notice, notice
from limen.access.factors.records import StoredFactor
from limen.access.factors.removing import NO_FACTOR, TOLD, take_away
from limen.access.factors.store import FactorStore
from limen.identity.administrators import Actor, AdministratorStore
from limen.identity.customers.directory import Directory
from limen.identity.customers.store import CustomerStore
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Forbidden, NotFound, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId, FactorId, TenantId
from limen.kernel.units import AnnouncesEvents, RecordsAudit


class FactorUnit(RecordsAudit, AnnouncesEvents, Protocol):
    """A unit of work that reaches customers and their factors."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def factors(self) -> FactorStore:
        """Return their second factors."""
        ...

    @property
    def administrators(self) -> AdministratorStore:
        """Return who of them administers."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[FactorUnit]]
_NO_CUSTOMER = NotFound("customer_not_found")


@dataclass(frozen=True, slots=True)
class FactorAdministration:
    """One tenant's second factors, as its administrators see them. ``issuer`` leads customers back to its pages."""

    tenant_id: TenantId
    issuer: str
    begin: Begin
    reading: Begin
    directory: Directory
    clock: Clock
    entropy: Entropy

    async def list(self, customer_id: CustomerId) -> list[StoredFactor] | NotFound:
        """Return a customer's factors, oldest first; their names are the customer's own."""
        async with self.reading(self.tenant_id) as unit:
            if await unit.customers.get(customer_id) is None:
                return _NO_CUSTOMER
            return await unit.factors.of_customer(customer_id)

    async def remove(self, customer_id: CustomerId, factor_id: FactorId, actor: Actor) -> Refusal | None:
        """Remove a factor, and with the last second step the recovery codes; the customer is told by mail.

        Returns:
            None if it is done, ``NotFound``, or ``Forbidden`` where the customer administers more than the actor.
        """
        async with self.reading(self.tenant_id) as unit:
            sealed = await unit.customers.get(customer_id)
            held = await unit.factors.of_customer(customer_id)
        vault = await self.directory.vault_of(customer_id)
        customer = await self.directory.open(sealed, vault)
        if customer is None or vault is None:
            return _NO_CUSTOMER
        factor = next((one for one in held if one.id == factor_id and one.kind in TOLD), None)
        if factor is None:
            return NO_FACTOR
        told = Notice(TOLD[factor.kind], customer.profile.locale or "en", "", f"{self.issuer.rstrip('/')}/recover")
        announce = notice(told, customer, vault, self.clock, self.entropy)
        data = {"factor": str(factor_id), "kind": factor.kind.value, "by": "administrator"}
        async with self.begin(self.tenant_id) as unit:
            if actor.scopes is not None and not actor.may_change(await unit.administrators.role(customer_id)):
                return Forbidden("beyond_your_authority", "the customer administers more than the actor")
            refusal = await take_away(unit.factors, factor, is_must=False)
            if refusal is not None:
                return refusal
            unit.announce(Event("factor.removed", customer_id, data))
            unit.record(
                AuditEntry(
                    event="factor.removed",
                    actor=actor.name,
                    subject=customer_id,
                    request_id=actor.request_id,
                    data=data,
                )
            )
            announce(unit)
        return None
