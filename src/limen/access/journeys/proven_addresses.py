"""Noting that the address of a customer is proven, which an administrator or an import had given."""

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.views import Problem, Write
from limen.identity.customers.directory import seal
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.identity.tenants.records import Tenant
from limen.kernel.events import AuditEntry, Event


def owes_proof(tenant: Tenant, customer: Customer) -> bool:
    """Tell whether a sign-in waits until the customer's address is proven."""
    return tenant.settings.sign_in.verify_email and customer.may_sign_in and not customer.profile.email_verified


def noted_proven(context: StepContext, customer: Customer, vault: SubjectVault) -> Write:
    """Return what notes that the primary address of *customer* is proven; a problem where the profile has changed."""
    request = context.request
    profile = msgspec.structs.replace(customer.profile, email_verified=True)
    proven = customer.with_profile(profile, context.parts.clock.now())
    sealed = seal(proven, vault)
    data = {"version": proven.version, "fields": ["email_verified"]}
    entry = AuditEntry(
        event="customer.updated",
        actor=f"customer:{customer.id}",
        subject=customer.id,
        request_id=request.request_id,
        data=data,
        personal={"address": request.address, "user_agent": request.user_agent},
    )

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await unit.customers.update(sealed, customer.version):
            return Problem(notice="error.stale")
        unit.announce(Event("customer.updated", customer.id, data))
        unit.record(entry)
        return None

    return write
