"""Consent: what is still to be asked for, and what was answered, in the ledger and the audit log."""

from collections.abc import Collection
from dataclasses import dataclass, field

from limen.access.clients.records import Client
from limen.access.oauth.records import AuthorizationRequest
from limen.access.tokens.desk import Desk
from limen.access.tokens.details import DETAILS, Details
from limen.access.tokens.records import Grant
from limen.identity.consents.decide import Source, prepare, write
from limen.identity.consents.records import OAUTH, ConsentDecision, Decision
from limen.identity.consents.store import LedgerUnit
from limen.identity.customers.records import Customer
from limen.kernel.context import RequestContext


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
    came_from: RequestContext = field(default=RequestContext(""), repr=False)
    details: Details = field(default=(), repr=False)

    @property
    def items(self) -> tuple[str, ...]:
        """Return what was answered, as ledgers name it."""
        return (*sorted(self.scopes), *sorted({f"{DETAILS}:{detail['type']}" for detail in self.details}))


def needs_consent(client: Client, grant: Grant | None, request: AuthorizationRequest) -> tuple[str, ...]:
    """Return the scopes that are still to be asked for beside what is remembered in *grant*, as :func:`scopes_due`."""
    return scopes_due(client, grant.scopes if grant is not None else (), request)


def scopes_due(client: Client, allowed: Collection[str], request: AuthorizationRequest) -> tuple[str, ...]:
    """Return the scopes that are still to be asked for beside those *allowed*; none where there is nothing to ask.

    A first-party client (``require_consent`` off) never asks, not even with ``prompt=consent``: its owner is whom the
    customer already deals with. ``offline_access`` is a scope as any other: asked for, or remembered (OpenID Connect
    Core §11).
    """
    if not client.document.require_consent:
        return ()
    if "consent" in request.prompt:
        return request.to_allow
    return tuple([scope for scope in request.to_allow if scope not in allowed])


def details_due(client: Client, request: AuthorizationRequest) -> Details:
    """Return the ``authorization_details`` that are to be asked for: each time anew, since each time they say what.

    A first-party client never asks, as for scopes.
    """
    return request.details if client.document.require_consent else ()


async def record_consent(unit: LedgerUnit, desk: Desk, request: AuthorizationRequest, answer: ConsentAnswer) -> None:
    """Write *answer* into the ledger, the audit log and the outbox."""
    decision = ConsentDecision(
        customer_id=answer.customer.id,
        purpose=OAUTH,
        party=request.client_id,
        items=answer.items,
        decision=answer.decision,
        text_hash=answer.text_hash,
        locale=answer.locale,
    )
    source = Source("page", f"customer:{answer.customer.id}", answer.came_from, request.client_id)
    vault = await desk.subject_vault(answer.customer.id)
    await write(unit, prepare(decision, source, vault, desk.clock, desk.entropy), desk.clock)
