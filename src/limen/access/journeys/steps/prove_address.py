"""An address that nobody has proven is proven by a mailed code.

Where a tenant has sign-ins wait for that, and before anything is added that recovers the account too. No code is sent
before somebody asks for it.
"""

from collections.abc import Mapping

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.messages.mailbox_codes import not_yet, shown, with_code
from limen.access.journeys.owner import owner
from limen.access.journeys.proven_addresses import noted_proven
from limen.access.journeys.records import JourneyState
from limen.access.journeys.views import Progress, StepView


def due(_: JourneyState, facts: Facts) -> bool:
    """Tell whether the address is to be proven."""
    return facts.address_due


def view(context: StepContext) -> StepView:
    """Show where to type the code, or what sends one."""
    return shown(context, "prove_address")


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Compare the code and note that the address is proven, or send another."""
    waits = await not_yet(context, form, "prove_address", "address")
    if waits is not None:
        return waits
    customer, vault = owner(context)
    proven = with_code(context.journey.state, None)
    return Progress(proven, noted_proven(context, customer, vault), vault=vault)
