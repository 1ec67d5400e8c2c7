"""Recovery begins: an address, and a message to it whether or not somebody has an account there."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.limits import over_limits
from limen.access.journeys.mails import challenge, code_mail, link_hash, plain_mail
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.steps.turns import turned
from limen.access.journeys.views import Problem, Progress, StepView
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.directory import EMAIL
from limen.kernel.errors import Refusal


def view(context: StepContext) -> StepView:
    """Show the form."""
    return StepView("recover", context.journey.version, values={"email": context.journey.state.email})


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Send a code to the address, or words that there is no account."""
    state, parts = context.journey.state, context.parts
    turn = turned(context, form)
    if turn is not None:
        return turn
    email = parse_email(form.get("email", ""))
    if isinstance(email, Refusal):
        typed = {"email": form.get("email", "")[:254]}
        return Progress(state, problem=Problem({"email": "error.email_invalid"}, values=typed))
    limited = await over_limits(context, email, mail=True)
    if limited is not None:
        return Progress(state, problem=limited)
    index = await parts.directory.email_index(email)
    async with parts.read(parts.tenant_id) as unit:
        customer = await unit.customers.find_by_contact(EMAIL, index)
    known = customer is not None and customer.is_active
    sent, token = challenge(context, sends_left=parts.settings.code_sends, real=known)
    announce = (
        code_mail(context, "reset_password", email, sent, token)
        if known
        else plain_mail(context, "reset_no_account", email)
    )

    async def write(unit: JourneyUnit) -> Problem | None:
        announce(unit)
        return None

    asked = msgspec.structs.replace(state, email=email, challenge=sent)
    return Progress(asked, write, link_hash=link_hash(token))
