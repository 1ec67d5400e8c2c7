"""Recovery begins: an address, and a message to it whether or not somebody has an account there."""

from collections.abc import Mapping

from msgspec.structs import replace

from limen.access.journeys.context import StepContext
from limen.access.journeys.messages.mailed import purpose, send_to_owner
from limen.access.journeys.migration import known_to_old
from limen.access.journeys.passkeys.notes import noted
from limen.access.journeys.steps.turns import turned
from limen.access.journeys.views import Problem, Progress, StepView
from limen.identity.customers.addresses import parse_email
from limen.kernel.errors import Refusal


def view(context: StepContext) -> StepView:
    """Show the form."""
    state = context.journey.state
    data = {"purpose": purpose(context.parts, state)}
    return StepView("recover", context.journey.version, values={"email": state.email}, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Send a code to the address, or words that there is no account."""
    progress = await _answered(context, form)
    return replace(progress, state=noted(progress.state, form))


async def _answered(context: StepContext, form: Mapping[str, str]) -> Progress:
    turn = turned(context, form)
    if turn is not None:
        return turn
    email = parse_email(form.get("email", ""))
    if isinstance(email, Refusal):
        typed = {"email": form.get("email", "")[:254]}
        return Progress(context.journey.state, problem=Problem({"email": "error.email_invalid"}, values=typed))
    return await send_to_owner(context, email, first=known_to_old)
