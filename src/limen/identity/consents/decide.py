"""Recording a decision: one way for journeys, pages, the API and applications' consents."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from limen.identity.audit.chain import SealedPart
from limen.identity.consents.ages import BIRTHDATE, DECLARED, has_reached
from limen.identity.consents.personal import coarse, sealed_part
from limen.identity.consents.purposes import Purpose, text_hash
from limen.identity.consents.question import expiry
from limen.identity.consents.records import ConsentDecision, ConsentRecord, Decision
from limen.identity.consents.store import LedgerUnit
from limen.identity.customers.store import CustomerStore
from limen.identity.keyring import Keyring, SubjectVault
from limen.kernel.clock import Clock, Instant
from limen.kernel.context import RequestContext
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry, Event, Outcome
from limen.kernel.ids import CustomerId, RecordId, TenantId


class DecidingUnit(LedgerUnit, Protocol):
    """A unit of work that knows the tenant's customers too."""

    @property
    def customers(self) -> CustomerStore:
        """Return the customers."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[DecidingUnit]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wants to decide.

    ``version`` is the one whose words were shown, ``confirmed_age`` the age in years that they say to have reached,
    ``birthdate`` the date of birth in their profile, which decides where it says enough.
    """

    purpose: str
    decision: Decision
    version: int
    locale: str
    confirmed_age: int = 0
    birthdate: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Source:
    """How a decision reached us, and from whom. *request* is where from; ``actor`` names who, for the audit log."""

    method: str
    actor: str
    request: RequestContext = field(repr=False)
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A decision whose personal part is sealed: ready to be written in a transaction."""

    record_id: RecordId
    decision: ConsentDecision
    part: SealedPart | None
    source: Source


def wished(
    purpose: Purpose | None, wish: Wish, customer_id: CustomerId, source: Source, now: Instant
) -> ConsentDecision | Refusal:
    """Return the decision that *wish* makes about *purpose*, or why it cannot be made.

    A purpose that was retired is asked for no more; what was given to it can be taken back.

    Returns:
        ``NotFound("purpose_not_found")``; ``Conflict("purpose_version_changed")`` where other words were shown than
        hold now; ``Conflict("purpose_not_decidable")`` where there is nothing to decide, or to take back;
        ``Invalid("age_not_reached")`` where nobody said that it is, ``Invalid("too_young")`` by the date of birth.
    """
    is_given, is_withdrawn = wish.decision is Decision.GIVEN, wish.decision is Decision.WITHDRAWN
    if purpose is None or (purpose.retired_at is not None and not is_withdrawn):
        return NotFound("purpose_not_found")
    if not purpose.is_decided_here or (is_withdrawn and not purpose.may_be_withdrawn):
        return Conflict("purpose_not_decidable", purpose.terms.basis.value)
    if wish.version != purpose.current.number:
        return Conflict("purpose_version_changed")
    age_from = _age_from(purpose, wish, now) if is_given else ""
    if isinstance(age_from, Invalid):
        return age_from
    locale, text = purpose.terms.text(wish.locale)
    return ConsentDecision(
        customer_id=customer_id,
        purpose=purpose.name,
        party=purpose.party,
        items=tuple(sorted(purpose.terms.data)),
        decision=wish.decision,
        text_hash=text_hash(purpose.name, wish.version, locale, text),
        locale=locale,
        method=source.method,
        version=wish.version,
        expires_at=expiry(purpose, now) if is_given else 0,
        confirmed_age=purpose.terms.minimum_age if is_given else 0,
        age_from=age_from,
    )


def _age_from(purpose: Purpose, wish: Wish, now: Instant) -> str | Invalid:
    """Return by what it is known that the customer has the purpose's age; nothing where it asks for none."""
    years = purpose.terms.minimum_age
    is_old_enough = has_reached(wish.birthdate, years, now) if years else None
    if is_old_enough is False:
        return Invalid("too_young", fields={"confirmed_age": "age.too_young"})
    if years and is_old_enough is None and wish.confirmed_age < years:
        return Invalid("age_not_reached", fields={"confirmed_age": "age.not_confirmed"})
    return (BIRTHDATE if is_old_enough else DECLARED) if years else ""


def prepare(
    decision: ConsentDecision, source: Source, vault: SubjectVault | None, clock: Clock, entropy: Entropy
) -> Prepared:
    """Seal where *decision* came from, outside of any transaction."""
    record_id = RecordId.new(clock, entropy)
    facts = coarse(source.request.address, source.request.user_agent)
    return Prepared(record_id, decision, sealed_part(vault, entropy, record_id, facts), source)


async def write(unit: LedgerUnit, prepared: Prepared, clock: Clock) -> ConsentRecord:
    """Write a decision into the ledger, the audit log and the outbox, in the commit of *unit*."""
    made, source = prepared.decision, prepared.source
    record = await unit.consents.append(prepared.record_id, made, clock.now(), prepared.part)
    open_facts: dict[str, Any] = {"purpose": made.purpose, "items": made.items}
    more: dict[str, Any] = {"version": made.version} if made.version else {}
    unit.record(
        AuditEntry(
            event=f"consent.{made.decision.value}",
            outcome=Outcome.REFUSED if made.decision is Decision.REFUSED else Outcome.SUCCESS,
            actor=source.actor,
            subject=made.customer_id,
            client=source.client_id or made.party,
            request_id=source.request.request_id,
            data={**open_facts, **more, "record": record.id},
        )
    )
    data = {**open_facts, "party": made.party, **more, "record": record.id}
    unit.announce(Event(f"consent.{made.decision.value}", made.customer_id, data))
    return record


@dataclass(frozen=True, slots=True)
class Deciding:
    """One tenant's decisions outside of journeys: from its portal and its API."""

    tenant_id: TenantId
    begin: Begin
    keyring: Keyring
    clock: Clock
    entropy: Entropy

    async def decide(
        self, purpose: Purpose | None, wish: Wish, customer_id: CustomerId, source: Source
    ) -> ConsentRecord | Refusal:
        """Record what a customer decided; as :func:`wished`, or ``NotFound("customer_not_found")``."""
        decision = wished(purpose, wish, customer_id, source, self.clock.now())
        if isinstance(decision, Refusal):
            return decision
        vault = await self.keyring.subject(self.tenant_id, customer_id)
        if vault is None:
            return _NOBODY
        prepared = prepare(decision, source, vault, self.clock, self.entropy)
        async with self.begin(self.tenant_id) as unit:
            customer = await unit.customers.get(customer_id)
            return await write(unit, prepared, self.clock) if customer is not None else _NOBODY


_NOBODY: Final = NotFound("customer_not_found")
