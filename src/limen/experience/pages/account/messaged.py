"""Codes by message as a second step: to a phone, or by mail."""

from limen.access.factors.phone import open_phone, phone_of
from limen.access.factors.records import FactorKind
from limen.access.journeys.messages.sent_codes import sms_offered
from limen.access.journeys.records import Task
from limen.access.journeys.steps import mailed_codes, phone
from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.tasks import begin_task
from limen.identity.customers.phones import masked


async def show(look: Look) -> Shown:
    """Return the phone, its number masked; whether codes are mailed; and what may be set up."""
    factors, parts = await look.factors(), look.visit.journey_parts
    held = phone_of(factors)
    mailed = next((factor for factor in factors if factor.kind is FactorKind.EMAIL), None)
    return {
        "phone": {
            "number": masked(open_phone(look.vault, held).number),
            "added": held.created_at,
            "used": held.last_used_at or held.created_at,
        }
        if held is not None
        else None,
        "may_add_phone": sms_offered(parts),
        "mailed": {"added": mailed.created_at, "used": mailed.last_used_at or mailed.created_at} if mailed else None,
        "may_add_mailed": parts.desk.tenant.settings.email_second_factor and mailed is None,
    }


async def add_phone(turn: Turn) -> Taken:
    """Set up a phone, or another in its place."""
    return await begin_task(turn, Task(phone.ADD)) if sms_offered(turn.visit.journey_parts) else Done()


async def remove_phone(turn: Turn) -> Taken:
    """Remove the phone."""
    parts = turn.visit.journey_parts
    async with parts.read(parts.tenant_id) as unit:
        held = phone_of(await unit.factors.of_customer(turn.account.customer.id))
    if held is None:
        return Done()
    return await begin_task(turn, Task(phone.REMOVE, held.id, masked(open_phone(turn.vault, held).number)))


async def add_mailed(turn: Turn) -> Taken:
    """Have codes mailed."""
    is_allowed = turn.visit.desk.tenant.settings.email_second_factor
    return await begin_task(turn, Task(mailed_codes.ADD)) if is_allowed else Done()


async def remove_mailed(turn: Turn) -> Taken:
    """Have none mailed any more."""
    return await begin_task(turn, Task(mailed_codes.REMOVE))


TAKES = {
    phone.ADD: add_phone,
    phone.REMOVE: remove_phone,
    mailed_codes.ADD: add_mailed,
    mailed_codes.REMOVE: remove_mailed,
}
"""Intent to what takes it."""
