"""What an administrator does about recoveries and trusted devices of a customer: look, and end them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from limen.access.safety.devices import forget
from limen.access.safety.messages import Reader
from limen.access.safety.records import RecoveryRequest, TrustedDevice
from limen.access.safety.unit import DeviceUnit, RecoveryUnit
from limen.access.safety.waiting import Ender, cancel_in, notice_of_end
from limen.identity.administrators import Actor, AdministratorStore
from limen.identity.customers.directory import Directory
from limen.identity.customers.store import CustomerStore
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Forbidden, NotFound, Refusal
from limen.kernel.ids import CustomerId, DeviceId, TenantId


class AdministeredUnit(RecoveryUnit, DeviceUnit, Protocol):
    """A unit of work that reaches what is administered here, and who administers."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def administrators(self) -> AdministratorStore:
        """Return who of them administers."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[AdministeredUnit]]
_NO_CUSTOMER = NotFound("customer_not_found")
_NO_RECOVERY = NotFound("recovery_not_found")
_NO_DEVICE = NotFound("device_not_found")
_BEYOND = Forbidden("beyond_your_authority", "the customer administers more than the actor")


@dataclass(frozen=True, slots=True)
class SafetyAdministration:
    """One tenant's recoveries and trusted devices, as its administrators see them."""

    tenant: Tenant
    begin: Begin
    reading: Begin
    directory: Directory
    clock: Clock
    entropy: Entropy

    async def recoveries(self, customer_id: CustomerId) -> list[RecoveryRequest] | NotFound:
        """Return a customer's recovery requests, oldest first; those that ended for thirty days."""
        async with self.reading(self.tenant.id) as unit:
            if await unit.customers.get(customer_id) is None:
                return _NO_CUSTOMER
            return await unit.recoveries.of_customer(customer_id)

    async def cancel(self, customer_id: CustomerId, actor: Actor) -> Refusal | None:
        """End a customer's open request; the customer is told.

        Returns:
            None if it is done, ``NotFound``, or ``Forbidden`` where the customer administers more than the actor.
        """
        async with self.reading(self.tenant.id) as unit:
            sealed = await unit.customers.get(customer_id)
        vault = await self.directory.vault_of(customer_id)
        customer = await self.directory.open(sealed, vault)
        if customer is None or vault is None:
            return _NO_CUSTOMER
        tell = notice_of_end(Reader(customer, vault, customer.profile.locale or "en", self.tenant), self)
        by = Ender("administrator", actor.name, actor.request_id)
        async with self.begin(self.tenant.id) as unit:
            if not await _may(unit, customer_id, actor):
                return _BEYOND
            is_ended = await cancel_in(unit, customer_id, self.clock.now(), by, tell)
            return None if is_ended else _NO_RECOVERY

    async def devices(self, customer_id: CustomerId) -> list[TrustedDevice] | NotFound:
        """Return a customer's trusted devices, oldest first."""
        async with self.reading(self.tenant.id) as unit:
            if await unit.customers.get(customer_id) is None:
                return _NO_CUSTOMER
            return await unit.devices.of_customer(customer_id, self.clock.now())

    async def forget(self, customer_id: CustomerId, device_id: DeviceId, actor: Actor) -> Refusal | None:
        """Remove a trusted device.

        Returns:
            None if it is done, ``NotFound``, or ``Forbidden`` where the customer administers more than the actor.
        """
        async with self.begin(self.tenant.id) as unit:
            if await unit.customers.get(customer_id) is None:
                return _NO_CUSTOMER
            if not await _may(unit, customer_id, actor):
                return _BEYOND
            is_gone = await forget(
                unit, customer_id, device_id, actor=actor.name, by="administrator", request_id=actor.request_id
            )
            return None if is_gone else _NO_DEVICE


async def _may(unit: AdministeredUnit, customer_id: CustomerId, actor: Actor) -> bool:
    return actor.scopes is None or actor.may_change(await unit.administrators.role(customer_id))
