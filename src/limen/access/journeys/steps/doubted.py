"""A right proof from a device that is not known, while there is reason to doubt it: the mailbox is proven beside it.

The code was sent with the proof; where a change is doubted, it is asked for here. Whoever has a second factor is asked
for that one instead.
"""

from collections.abc import Mapping

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.guards.doubts import is_answered
from limen.access.journeys.messages.mailbox_codes import not_yet, shown, with_code
from limen.access.journeys.owner import with_proof
from limen.access.journeys.records import JourneyState
from limen.access.journeys.views import Progress, StepView
from limen.access.sessions.records import MAILBOX, MAILED_CODE, Evidence


def due(state: JourneyState, _: Facts) -> bool:
    """Tell whether the mailbox is to be proven."""
    return state.doubt.asks and state.doubt.of != MAILBOX and not is_answered(state.evidence, state.doubt.of)


def view(context: StepContext) -> StepView:
    """Show where to type the code."""
    return shown(context, "doubted")


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Compare the code, or send another."""
    waits = await not_yet(context, form, "doubted_code", "doubt")
    if waits is not None:
        return waits
    proven = with_proof(context, Evidence(MAILED_CODE, context.parts.clock.now()))
    return Progress(with_code(proven, None))
