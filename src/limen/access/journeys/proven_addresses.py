"""Noting that the address of a customer is proven, which an administrator or an import had given.

Whoever knew a password to an address that nobody had proven may not be its owner (pre-hijacking; Sudhodanan and Paverd,
USENIX Security 2022). So the first to prove the mailbox, and nothing else, has the account: the password goes, and all
that was signed in by it. Second factors stay, as they do where an address was proven.
"""

import msgspec

from limen.access.factors.records import passkeys
from limen.access.journeys.context import StepContext
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.views import Problem, Write
from limen.identity.customers.directory import seal
from limen.identity.customers.records import Customer, SealedCustomer
from limen.identity.keyring import SubjectVault
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import Instant
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId


def owes_proof(tenant: Tenant, customer: Customer) -> bool:
    """Tell whether a sign-in waits until the customer's address is proven."""
    return tenant.settings.sign_in.verify_email and customer.may_sign_in and not customer.profile.email_verified


def noted_proven(context: StepContext, customer: Customer, vault: SubjectVault) -> Write:
    """Return what notes that the primary address of *customer* is proven; a problem where the profile has changed."""
    profile = msgspec.structs.replace(customer.profile, email_verified=True)
    proven = customer.with_profile(profile, context.parts.clock.now())
    return _stored(context, customer, seal(proven, vault), proven.version)


def reclaimed(context: StepContext, customer: Customer, vault: SubjectVault, proven_at: Instant) -> Write:
    """Return the same for whoever proved the mailbox at *proven_at* and nothing else: nothing older lets anybody in."""
    profile = msgspec.structs.replace(customer.profile, email_verified=True)
    owned = customer.with_profile(profile, context.parts.clock.now())
    owned = msgspec.structs.replace(owned, valid_after=proven_at, proof_after=proven_at)
    store = _stored(context, customer, seal(owned, vault), owned.version)

    async def write(unit: JourneyUnit) -> Problem | None:
        problem = await store(unit)
        if problem is not None:
            return problem
        await unit.passwords.remove(customer.id)
        for key in passkeys(await unit.factors.of_customer(customer.id)):  # each was made behind that password
            await unit.factors.remove_key(customer.id, key.id)
        await unit.links.void_since(customer.id, 0, proven_at)
        await unit.sessions.end_all(customer.id, proven_at)
        unit.change("subject", f"{customer.subject}:{proven_at}")
        data: dict[str, object] = {"version": owned.version}
        unit.announce(Event("account.reclaimed", customer.id, dict(data)))
        unit.record(_entry(context, customer.id, "account.reclaimed", dict(data)))
        return None

    return write


def _stored(context: StepContext, before: Customer, after: SealedCustomer, version: int) -> Write:
    data: dict[str, object] = {"version": version, "fields": ["email_verified"]}

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await unit.customers.update(after, before.version):
            return Problem(notice="error.stale")
        unit.announce(Event("customer.updated", before.id, data))
        unit.record(_entry(context, before.id, "customer.updated", data))
        return None

    return write


def _entry(context: StepContext, customer_id: CustomerId, event: str, data: dict[str, object]) -> AuditEntry:
    request = context.request
    return AuditEntry(
        event=event,
        actor=f"customer:{customer_id}",
        subject=customer_id,
        request_id=request.request_id,
        data=data,
        personal=request.personal,
    )
