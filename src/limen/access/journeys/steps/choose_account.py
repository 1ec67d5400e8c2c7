"""Several accounts are signed in at this browser: which one is it to be?"""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.views import Problem, Progress, StepView


def view(context: StepContext) -> StepView:
    """Show the accounts."""
    accounts = [
        {"id": account.session.sid, "name": account.customer.profile.name, "email": account.customer.profile.email}
        for account in context.facts.accounts
    ]
    return StepView(
        "choose_account",
        context.journey.version,
        data={"client_name": context.facts.client_name, "accounts": accounts},
    )


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Take an account that is signed in here, or go on to sign in with another."""
    state = context.journey.state
    if form.get("intent") == "another":
        return Progress(msgspec.structs.replace(state, select_account=False, fresh_login=True, email=""))
    chosen = next((a for a in context.facts.accounts if a.session.sid == form.get("account", "")), None)
    if chosen is None:
        return Progress(state, problem=Problem(notice="notice.session_ended"))
    if state.fresh_login:  # the application wants a fresh proof of whoever it is
        return Progress(msgspec.structs.replace(state, select_account=False, email=chosen.customer.profile.email))
    return Progress(
        msgspec.structs.replace(
            state.belonging_to(chosen.customer.id),
            select_account=False,
            session_id=chosen.session.id,
            evidence=(),
            email=chosen.customer.profile.email,
        )
    )
