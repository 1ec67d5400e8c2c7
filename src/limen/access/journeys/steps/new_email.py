"""Another address for the account, or one more: typed here, proven by its code. One that is taken is shown the same
page, and its owner is told.
"""  # noqa: D205 - one sentence

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.limits import over_mails
from limen.access.journeys.messages.mailed import posted
from limen.access.journeys.records import JourneyState, Task
from limen.access.journeys.tasks import ADD_EMAIL, adds_address, proves_address
from limen.access.journeys.views import Problem, Progress, StepView
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.emails import MOST_EMAILS
from limen.identity.customers.identifiers import EMAIL
from limen.kernel.errors import Refusal


def due(state: JourneyState, _: Facts) -> bool:
    """Tell whether an address is to be typed."""
    return adds_address(state) and not (state.challenge is not None and proves_address(state))


def view(context: StepContext) -> StepView:
    """Show the form."""
    state, customer = context.journey.state, context.facts.customer
    present = customer.profile.email if customer is not None else ""
    typed = {} if state.email == present else {"email": state.email}
    data = {"email": present, "adds": state.task.kind == ADD_EMAIL}
    return StepView("new_email", context.journey.version, values=typed, data=data)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Send a code to the address."""
    state, parts, customer = context.journey.state, context.parts, context.facts.customer
    if form.get("intent") == "cancel" or customer is None:
        return Progress(msgspec.structs.replace(state, task=Task()))
    typed = {"email": form.get("email", "")[:254]}
    email = parse_email(form.get("email", ""))
    if isinstance(email, Refusal):
        return Progress(state, problem=Problem({"email": "error.email_invalid"}, values=typed))
    adds = state.task.kind == ADD_EMAIL
    if email in (customer.profile.addresses if adds else (customer.profile.email,)):
        return Progress(state, problem=Problem({"email": "error.email_same"}, values=typed))
    if adds and len(customer.profile.emails) >= MOST_EMAILS:
        return Progress(state, problem=Problem(notice="error.too_many_emails", status=409))
    limited = await over_mails(context, email)
    if limited is not None:
        return Progress(state, problem=limited)
    index = await parts.directory.email_index(email)
    async with parts.read(parts.tenant_id) as unit:
        is_taken = await unit.customers.is_taken(EMAIL, index, but=customer.id)
    proving = msgspec.structs.replace(state, task=Task(state.task.kind, email), email=email)
    journey = msgspec.structs.replace(context.journey, state=proving)
    context = msgspec.structs.replace(context, journey=journey)  # what its mail is for
    return posted(context, email, proving, real=not is_taken)
