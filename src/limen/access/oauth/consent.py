"""Consent: what is still to be asked for, and what was answered, in the ledger and the audit log."""

from dataclasses import dataclass, field
from typing import Protocol

from limen.access.clients.records import Client
from limen.access.oauth.records import AuthorizationRequest
from limen.access.tokens.desk import Desk
from limen.access.tokens.details import DETAILS, Details
from limen.access.tokens.records import Grant
from limen.identity.consents.records import ConsentDecision, Decision
from limen.identity.consents.store import ConsentLedger
from limen.identity.customers.records import Customer
from limen.kernel.events import AuditEntry, Event, Outcome
from limen.kernel.ids import RecordId

PURPOSE = "oauth"
"""The ledger's purpose for access by an application."""


class ConsentUnit(Protocol):
    """What recording a consent needs of a unit of work of the desk's tenant."""

    @property
    def consents(self) -> ConsentLedger:
        """Return the consent ledger."""
        ...

    def record(self, entry: AuditEntry) -> None:
        """Add an audit entry to this commit."""
        ...

    def announce(self, event: Event) -> str:
        """Add an event to this commit's outbox."""
        ...


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What a customer answered on the consent page.

    ``text_hash`` is SHA-256 of the words that were shown, in the language ``locale``; those of ``details`` included, of
    which only the types are recorded in the open.
    """

    customer: Customer
    decision: Decision
    scopes: tuple[str, ...]
    locale: str
    text_hash: bytes
    request_id: str = ""
    details: Details = field(default=(), repr=False)

    @property
    def items(self) -> tuple[str, ...]:
        """Return what was answered, as ledgers name it."""
        return (*sorted(self.scopes), *sorted({f"{DETAILS}:{detail['type']}" for detail in self.details}))


def needs_consent(client: Client, grant: Grant | None, request: AuthorizationRequest) -> tuple[str, ...]:
    """Return the scopes that are still to be asked for; none where there is nothing to ask.

    A first-party client (``require_consent`` off) never asks, not even with ``prompt=consent``: its owner is whom the
    customer already deals with. ``offline_access`` is a scope as any other: asked for, or remembered (OpenID Connect
    Core §11).
    """
    if not client.document.require_consent:
        return ()
    if "consent" in request.prompt:
        return request.to_allow
    remembered = grant.scopes if grant is not None else ()
    return tuple(scope for scope in request.to_allow if scope not in remembered)


def details_due(client: Client, request: AuthorizationRequest) -> Details:
    """Return the ``authorization_details`` that are to be asked for: each time anew, since each time they say what.

    A first-party client never asks, as for scopes.
    """
    return request.details if client.document.require_consent else ()


async def record_consent(unit: ConsentUnit, desk: Desk, request: AuthorizationRequest, answer: ConsentAnswer) -> None:
    """Write *answer* into the ledger and the audit log; a consent that was given is announced too."""
    given = answer.decision is Decision.GIVEN
    items = answer.items
    await unit.consents.append(
        RecordId.new(desk.clock, desk.entropy),
        ConsentDecision(
            customer_id=answer.customer.id,
            purpose=PURPOSE,
            party=request.client_id,
            items=items,
            decision=answer.decision,
            text_hash=answer.text_hash,
            locale=answer.locale,
        ),
        desk.clock.now(),
    )
    unit.record(
        AuditEntry(
            event=f"consent.{answer.decision.value}",
            outcome=Outcome.SUCCESS if given else Outcome.REFUSED,
            actor=f"customer:{answer.customer.id}",
            subject=answer.customer.id,
            client=request.client_id,
            request_id=answer.request_id,
            data={"purpose": PURPOSE, "items": items},
        )
    )
    if given:
        data = {"purpose": PURPOSE, "party": request.client_id, "items": items}
        unit.announce(Event("consent.given", answer.customer.id, data))
