"""Deleting one's own account: what goes and when, and the button that asks for it; behind a fresh proof."""

from collections.abc import Mapping
from typing import Final

import msgspec

from limen.access.account.deletion import ask, asked
from limen.access.account.unit import Owner
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.owner import owner
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import JourneyState, Task
from limen.access.journeys.views import Problem, Progress, StepView

DELETE: Final = "delete_account"


def due(state: JourneyState, _: Facts) -> bool:
    """Tell whether the account is to be deleted."""
    return state.task.kind == DELETE


def view(context: StepContext) -> StepView:
    """Show whose account it is, and how long the customer may think again."""
    customer = context.facts.customer
    email = customer.profile.email if customer is not None else ""
    days = context.parts.desk.tenant.settings.account.deletion_days
    return StepView("delete_account", context.journey.version, data={"email": email, "days": days})


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Store the request and tell the customer, or leave everything as it is."""
    done = msgspec.structs.replace(context.journey.state, task=Task())
    if form.get("intent") == "cancel" or context.facts.customer is None:
        return Progress(done)
    customer, vault = owner(context)
    acting = Owner(customer, vault, "", context.request)
    new = asked(context.parts.desk, acting)
    entry = acting.entry("deletion.requested", {"due_at": new.request.due_at, "reason": new.request.reason})

    async def write(unit: JourneyUnit) -> Problem | None:
        await ask(unit, new, entry)  # where there is a request already, it stands
        return None

    return Progress(done, write, vault=vault)
