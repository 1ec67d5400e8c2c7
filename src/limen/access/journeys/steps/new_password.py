"""A new password after recovery: everything that rested on the old one ends."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.owner import told
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.passwords import hashed_password, password_data, remembered
from limen.access.journeys.views import Problem, Progress, StepView
from limen.access.sessions.records import PASSWORD, Evidence
from limen.identity.credentials.records import seal_password
from limen.identity.customers.directory import seal
from limen.identity.customers.records import Customer
from limen.kernel.errors import Fault
from limen.kernel.events import AuditEntry, Event


def view(context: StepContext) -> StepView:
    """Show the form."""
    return StepView(
        "new_password",
        context.journey.version,
        data={"email": context.journey.state.email, **password_data(context.parts)},
    )


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Set the password; end every session and every token; tell the customer."""
    state, parts, customer = context.journey.state, context.parts, context.facts.customer
    if customer is None:
        return Progress(state, problem=Problem(notice="error.stale"))
    chosen = form.get("password", "")
    hashed = await hashed_password(context, chosen, customer.profile, {}, asked_at=state.email)
    if isinstance(hashed, Problem):
        return Progress(state, problem=hashed)
    vault = await parts.directory.vault_of(customer.id)
    if vault is None:
        msg = "a customer's key is gone while the customer is not"
        raise Fault(msg)
    now = parts.clock.now()
    signed_out = customer.signed_out_everywhere(now)
    password, sealed = seal_password(vault, customer.id, hashed, now), seal(signed_out, vault)
    announce = told(context, customer, vault, "password_changed")

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await unit.customers.update(sealed, customer.version):
            return Problem(notice="error.stale")
        await unit.passwords.put(password, remember=remembered(parts))
        await unit.sessions.end_all(customer.id, now)
        unit.change("subject", f"{customer.subject}:{now}")
        unit.announce(Event("password.changed", customer.id))
        unit.record(_entry(context, customer))
        announce(unit)
        return None

    proof = Evidence(PASSWORD, now)
    return Progress(msgspec.structs.replace(state, new_password_due=False, evidence=(*state.evidence, proof)), write)


def _entry(context: StepContext, customer: Customer) -> AuditEntry:
    request = context.request
    return AuditEntry(
        event="password.changed",
        actor=f"customer:{customer.id}",
        subject=customer.id,
        request_id=request.request_id,
        data={"by": "recovery"},
        personal=request.personal,
    )
