"""Whom a journey is about: their record and key, what they are told, and what is put on record of them."""

import msgspec

from limen.access.factors.notices import Notice, notice
from limen.access.factors.recovery import PURPOSE
from limen.access.journeys.context import StepContext
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import JourneyState
from limen.access.journeys.views import Announce
from limen.access.safety.messages import Reader, secure_link
from limen.access.sessions.records import Evidence
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.errors import Fault
from limen.kernel.events import AuditEntry, Outcome


def with_proof(context: StepContext, proof: Evidence) -> JourneyState:
    """Return the state with *proof* beside what was proven; of one authenticator the newest proof counts."""
    before = (piece for piece in context.facts.held if piece.authenticator != proof.authenticator)
    return msgspec.structs.replace(context.journey.state, evidence=(*before, proof))


def owner(context: StepContext) -> tuple[Customer, SubjectVault]:
    """Return whose factors these are, and their vault, which this very request has asked for."""
    customer, vault = context.facts.customer, context.facts.vault
    if customer is None or vault is None:
        msg = "a customer's key is gone while the customer is not"
        raise Fault(msg)
    return customer, vault


async def code_key(context: StepContext) -> bytes:
    """Return the key that recovery codes are hashed with."""
    return (await context.parts.keyring.tenant(context.parts.tenant_id)).derive(PURPOSE)


def told(context: StepContext, customer: Customer, vault: SubjectVault, template: str, left: int = 0) -> Announce:
    """Return what tells the customer by mail, with the link by which it was not them."""
    parts, state = context.parts, context.journey.state
    recover = f"{parts.desk.issuer.rstrip('/')}/recover"
    reader = Reader(customer, vault, state.locale, parts.desk.tenant)
    link = secure_link(reader, template, parts.clock, parts.entropy)
    words = Notice(template, state.locale, context.request.user_agent, recover, link.url if link is not None else "")
    announce = notice(words, customer, vault, parts.clock, parts.entropy, left)

    def tell(unit: JourneyUnit) -> None:
        if link is not None:
            unit.mail_link(link.row)
        announce(unit)

    return tell


def entry(context: StepContext, event: str, data: dict[str, str | int], reason: str = "") -> AuditEntry:
    """Return the audit entry of something that this customer did, or was refused for *reason*."""
    request, customer = context.request, context.facts.customer
    who = customer.id if customer is not None else ""
    return AuditEntry(
        event=event,
        outcome=Outcome.REFUSED if reason else Outcome.SUCCESS,
        actor=f"customer:{who}",
        subject=who,
        client=context.journey.state.client,
        reason=reason,
        request_id=request.request_id,
        data=dict(data),
        personal=request.personal,
    )
