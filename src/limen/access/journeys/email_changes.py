"""Another address: proven where the journey began, then the account's; the one before is told, and held for a while.

While it is held nobody else can sign up with it or move to it, so that an undo never finds it taken (pre-hijacking).
"""

from dataclasses import replace

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.factor_changes import entry, owner, with_proof
from limen.access.journeys.mails import Announce
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import Task
from limen.access.journeys.views import Problem, Progress
from limen.access.safety.messages import Link, Reader, Words, mail_to, new_link
from limen.access.safety.records import LinkKind
from limen.access.sessions.records import MAILBOX, Evidence
from limen.identity.customers.directory import seal
from limen.identity.customers.records import Customer
from limen.kernel.clock import DAY, Instant
from limen.kernel.events import Event
from limen.kernel.ids import EventId


async def moved(context: StepContext) -> Progress:
    """Make the address that the journey has just proven the customer's."""
    state, parts = context.journey.state, context.parts
    if context.facts.customer is None or not context.facts.is_proven:
        return Progress(state, problem=Problem(notice="error.stale"), link_hash=context.journey.link_hash)
    customer, vault = await owner(context)
    now, days = parts.clock.now(), parts.desk.tenant.settings.recovery.undo_days
    profile = msgspec.structs.replace(customer.profile, email=state.email, email_verified=True)
    # What somebody proves by the old mailbox in a journey that is under way counts no more.
    after = replace(customer.with_profile(profile, now), proof_after=now)
    sealed = seal(after, vault)
    new, old = await parts.directory.contact(after), await parts.directory.contact(customer)
    held_until = now + days * DAY if days else None
    reader = Reader(customer, vault, state.locale, parts.desk.tenant)
    undo = new_link(reader, LinkKind.UNDO_EMAIL, "email_changed", parts.clock, parts.entropy, days=days)
    tell = _letters(context, reader, after, undo if days else None)

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await unit.customers.move_contact(new, held_until=held_until):
            return Problem(notice="error.stale")  # taken while the code was on its way
        if not await unit.customers.update(sealed, customer.version):
            await unit.customers.move_contact(old)
            return Problem(notice="error.stale")
        _announce(context, unit, after, held_until)
        tell(unit)
        return None

    done = with_proof(context, Evidence(MAILBOX, now))
    return Progress(msgspec.structs.replace(done, task=Task(), challenge=None), write)


def _letters(context: StepContext, before: Reader, after: Customer, undo: Link | None) -> Announce:
    """Return what tells both addresses: the one before with the way back, the new one with a welcome."""
    parts = context.parts
    words: Words = {
        "at": parts.clock.now(),
        "device": context.request.user_agent,
        "undo_url": undo.url if undo is not None else "",
        "recover_url": f"{before.base}/recover",
    }
    old = mail_to(before, before.customer.profile.email, "email_changed", words, _event_id(context))
    here: Words = {"at": parts.clock.now(), "account_url": f"{before.base}/account"}
    new = mail_to(before, after.profile.email, "email_moved", here, _event_id(context))

    def tell(unit: JourneyUnit) -> None:
        if undo is not None:
            unit.mail_link(undo.row)
        old(unit)
        new(unit)

    return tell


def _event_id(context: StepContext) -> EventId:
    return EventId.new(context.parts.clock, context.parts.entropy)


def _announce(context: StepContext, unit: JourneyUnit, after: Customer, held_until: Instant | None) -> None:
    held: dict[str, str | int] = {} if held_until is None else {"held_until": held_until}
    unit.announce(Event("email.changed", after.id, dict(held)))
    fields = {"version": after.version, "fields": ["email", "email_verified"]}
    unit.announce(Event("customer.updated", after.id, fields))
    unit.record(entry(context, "email.changed", held))
