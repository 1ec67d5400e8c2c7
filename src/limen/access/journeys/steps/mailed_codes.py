"""Having codes mailed as a second step, or no longer. ``data.phase`` tells the parts apart: add, remove."""

from collections.abc import Mapping

import msgspec

from limen.access.factors.records import FactorKind, StoredFactor
from limen.access.journeys.changes.phones import add_mailbox, remove_messaged
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.records import JourneyState, Second, Task
from limen.access.journeys.views import Progress, StepView

ADD, REMOVE = "add_mailed_codes", "remove_mailed_codes"


def due(state: JourneyState, facts: Facts) -> bool:
    """Tell whether there is anything to change."""
    held = _held(facts)
    return (state.task.kind == ADD and held is None) or (state.task.kind == REMOVE and held is not None)


def view(context: StepContext) -> StepView:
    """Ask whether it is meant."""
    customer = context.facts.customer
    data = {
        "phase": "remove" if context.journey.state.task.kind == REMOVE else "add",
        "to": customer.profile.email if customer is not None else "",
    }
    return StepView("mailed_codes", context.journey.version, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Change it, or not."""
    state, held = context.journey.state, _held(context.facts)
    done = Progress(msgspec.structs.replace(state, task=Task(), second=Second()))
    if form.get("intent") == "cancel":
        return done
    if state.task.kind == REMOVE:
        return await remove_messaged(context, held) if held is not None else done
    return await add_mailbox(context) if context.parts.desk.tenant.settings.email_second_factor else done


def _held(facts: Facts) -> StoredFactor | None:
    return next((factor for factor in facts.factors if factor.kind is FactorKind.EMAIL), None)
