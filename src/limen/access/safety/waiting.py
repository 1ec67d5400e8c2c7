"""The waiting period of whoever proves the mailbox and has lost every second factor.

It begins in a journey, goes on by a job, and is over when its last notice went out: whoever only holds the mailbox can
neither shorten it nor keep it from the other channels, from the account page, or from the tenant's events. Every run of
the job can be stopped anywhere and done twice: a notice, the instant of the next one and the state are one commit, and
of two workers one is first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from limen.access.factors.records import StoredFactor
from limen.access.safety.messages import Reader, Tell, Words, messages, new_link
from limen.access.safety.records import (
    Asker,
    LinkKind,
    RecoveryRequest,
    RequestState,
    open_asker,
    seal_asker,
)
from limen.access.safety.texts import Text, send, texts_for
from limen.access.safety.unit import Making, RecoveryUnit, SafetyParts
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import DAY, Instant
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import CustomerId, RecoveryId

BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that is to be stored, and what tells of it: mail, and a short message to each number there is."""

    request: RecoveryRequest
    tell: Tell
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Ender:
    """Who ended a request.

    Attributes:
        how: ``link``, ``customer``, ``second_factor``, ``secured``, ``administrator`` or ``settings``.
        actor: for the audit log.
    """

    how: str
    actor: str
    request_id: str = ""
    personal: dict[str, str] = field(default_factory=dict)


def begun(
    parts: SafetyParts, customer: Customer, vault: SubjectVault, asker: Asker, factors: Sequence[StoredFactor] = ()
) -> Begun:
    """Return a new request and the first of its notices; *factors* are the customer's."""
    now, days = parts.clock.now(), parts.tenant.settings.recovery.waiting_days
    request_id = RecoveryId.new(parts.clock, parts.entropy)
    request = RecoveryRequest(
        id=request_id,
        customer_id=customer.id,
        state=RequestState.WAITING,
        sealed=seal_asker(vault, request_id, asker),
        notices_left=days,
        created_at=now,
        due_at=now + DAY,
    )
    reader = Reader(customer, vault, customer.profile.locale or asker.locale, parts.tenant)
    return Begun(request, _notice(parts, request, asker, reader), _texts(parts, request, reader, factors))


async def begin(unit: RecoveryUnit, new: Begun, entry: AuditEntry) -> bool:
    """Store a new request and tell of it; False, and nothing said again, where one is open."""
    if not await unit.recoveries.begin(new.request):
        return False
    data = {"request": new.request.id, "ready_at": new.request.ready_at}
    unit.announce(Event("recovery.requested", new.request.customer_id, data))
    unit.record(entry)
    new.tell(unit)
    for text in new.texts:
        await send(unit, text, new.request.created_at)
    return True


async def advance_due(parts: SafetyParts) -> int:
    """Send the notices that are due, and end what is over; return how many requests moved."""
    moved = 0
    while True:
        async with parts.reading(parts.tenant.id) as unit:
            due = await unit.recoveries.due(parts.clock.now(), BATCH)
        for request in due:
            moved += await _advance(parts, request)
        if len(due) < BATCH:
            return moved


async def _advance(parts: SafetyParts, request: RecoveryRequest) -> bool:
    """Move one request on; False where another worker was first."""
    now, settings = parts.clock.now(), parts.tenant.settings.recovery
    if request.is_ready:
        return await _expire(parts, request, now)
    async with parts.reading(parts.tenant.id) as unit:
        sealed = await unit.customers.get(request.customer_id)
        factors = await unit.factors.of_customer(request.customer_id)
    vault = await parts.directory.vault_of(request.customer_id)
    customer = await parts.directory.open(sealed, vault)
    if customer is None or vault is None or not customer.may_sign_in or not settings.waiting_days:
        return await cancel(parts, request.customer_id, Ender("settings", "system"))
    told = request.told(now, settings.continue_days * DAY)
    asker = open_asker(vault, request)
    reader = Reader(customer, vault, customer.profile.locale or asker.locale, parts.tenant)
    tell, texts = _notice(parts, told, asker, reader), _texts(parts, told, reader, factors)
    async with parts.begin(parts.tenant.id) as unit:
        if not await unit.recoveries.advance(told, request):
            return False
        if told.is_ready:
            unit.announce(Event("recovery.ready", customer.id, {"request": request.id}))
            unit.record(AuditEntry("recovery.ready", subject=customer.id, data={"request": request.id}))
        tell(unit)
        for text in texts:
            await send(unit, text, now)
    return True


async def _expire(parts: SafetyParts, request: RecoveryRequest, now: Instant) -> bool:
    async with parts.begin(parts.tenant.id) as unit:
        if not await unit.recoveries.advance(request.closed(RequestState.EXPIRED, now), request):
            return False
        unit.announce(Event("recovery.expired", request.customer_id, {"request": request.id}))
        unit.record(AuditEntry("recovery.expired", subject=request.customer_id, data={"request": request.id}))
    return True


def _texts(
    parts: SafetyParts, request: RecoveryRequest, reader: Reader, factors: Sequence[StoredFactor]
) -> tuple[Text, ...]:
    """Return the same by short message, where there are numbers and somebody to carry it."""
    if not parts.texts:
        return ()
    return texts_for(reader, factors, _template(request), parts.clock, parts.entropy)


def _template(request: RecoveryRequest) -> str:
    return "recovery_ready" if request.is_ready else "recovery_waiting"


def _notice(parts: SafetyParts, request: RecoveryRequest, asker: Asker, reader: Reader) -> Tell:
    """Return what tells of a request: that it waits, or that it is ready."""
    template = _template(request)
    days = request.notices_left + parts.tenant.settings.recovery.continue_days + 1
    link = new_link(
        reader, LinkKind.CANCEL_RECOVERY, template, parts.clock, parts.entropy, days=days, target=request.id
    )
    words: Words = {
        "at": request.created_at,
        "device": asker.user_agent,
        "ready_at": request.due_at if request.is_ready else request.ready_at,
        "cancel_url": link.url,
        "recover_url": f"{parts.base}/recover",
    }
    return messages(reader, template, words, (parts.entropy, parts.clock), [link])


async def cancel(parts: SafetyParts, customer_id: CustomerId, by: Ender) -> bool:
    """End a customer's open request and tell them; False where none is open."""
    tell = await cancelled_notice(parts, customer_id)
    async with parts.begin(parts.tenant.id) as unit:
        return await cancel_in(unit, customer_id, parts.clock.now(), by, tell)


async def cancelled_notice(parts: SafetyParts, customer_id: CustomerId) -> Tell:
    """Return what tells a customer that their request was ended; nothing for whoever is gone."""
    async with parts.reading(parts.tenant.id) as unit:
        sealed = await unit.customers.get(customer_id)
    vault = await parts.directory.vault_of(customer_id)
    customer = await parts.directory.open(sealed, vault)
    if customer is None or vault is None:
        return lambda _: None
    return notice_of_end(Reader(customer, vault, customer.profile.locale or "en", parts.tenant), parts)


def notice_of_end(reader: Reader, parts: Making) -> Tell:
    """Return what tells a customer that their request was ended."""
    words: Words = {"at": parts.clock.now(), "recover_url": f"{reader.base}/recover"}
    return messages(reader, "recovery_cancelled", words, (parts.entropy, parts.clock))


async def cancel_in(unit: RecoveryUnit, customer_id: CustomerId, now: Instant, by: Ender, tell: Tell) -> bool:
    """End a customer's open request inside *unit*; False where none is open."""
    request = await unit.recoveries.open_of(customer_id)
    if request is None or not await unit.recoveries.advance(request.closed(RequestState.CANCELLED, now), request):
        return False
    data = {"request": request.id, "by": by.how}
    unit.announce(Event("recovery.cancelled", customer_id, data))
    unit.record(
        AuditEntry(
            "recovery.cancelled",
            actor=by.actor,
            subject=customer_id,
            request_id=by.request_id,
            data=data,
            personal=by.personal,
        )
    )
    tell(unit)
    return True
