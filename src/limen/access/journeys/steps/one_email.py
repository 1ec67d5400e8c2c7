"""One of the account's further addresses, put first or taken away: ``data.phase`` is ``primary`` or ``remove``."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.email_changes import listed
from limen.access.journeys.records import JourneyState, Task
from limen.access.journeys.tasks import MAKE_PRIMARY, REMOVE_EMAIL
from limen.access.journeys.views import Progress, StepView
from limen.identity.customers.emails import email_named
from limen.identity.customers.records import Contact


def due(state: JourneyState, facts: Facts) -> bool:
    """Tell whether there is such an address, of which something is to be changed."""
    return state.task.kind in {MAKE_PRIMARY, REMOVE_EMAIL} and _named(state, facts) is not None


def view(context: StepContext) -> StepView:
    """Show the address, and what becomes of it."""
    state, facts = context.journey.state, context.facts
    named, customer = _named(state, facts), facts.customer
    data = {
        "phase": "primary" if state.task.kind == MAKE_PRIMARY else "remove",
        "to": named.value if named is not None else "",
        "email": customer.profile.email if customer is not None else "",
    }
    return StepView("one_email", context.journey.version, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Do it, or leave everything as it is."""
    if form.get("intent") == "cancel":
        return Progress(msgspec.structs.replace(context.journey.state, task=Task()))
    return await listed(context)


def _named(state: JourneyState, facts: Facts) -> Contact | None:
    found = email_named(facts.customer.profile, state.task.target) if facts.customer is not None else None
    return found if isinstance(found, Contact) else None
