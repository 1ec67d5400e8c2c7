"""Whoever signed in by password is asked once whether they want a passkey, and not again for a while.

Where the browser can, it makes one without a question, since it has just filled in the password (WebAuthn §5.1.3,
``mediation: "conditional"``); the page then goes on by itself.
"""

from collections.abc import Mapping

import msgspec

from limen.access.factors.records import FactorKind
from limen.access.journeys.changes.passkeys import make_key
from limen.access.journeys.context import Facts, StepContext
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.records import JourneyState, Making
from limen.access.journeys.views import Problem, Progress, StepView
from limen.access.passkeys.options import creation_options
from limen.access.passkeys.site import Site


def due(_: JourneyState, facts: Facts) -> bool:
    """Tell whether the question is to be asked."""
    return facts.offers_passkey


def view(context: StepContext) -> StepView:
    """Ask."""
    facts, site = context.facts, Site.of(context.parts.desk.tenant)
    account = facts.customer.profile.email if facts.customer is not None else ""
    data = {"passkey": creation_options(site, facts.handle, account, facts.keys, is_passkey=True)}
    return StepView("offer_passkey", context.journey.version, data=data, challenge=context.challenge)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Take a passkey, or note that none is wanted."""
    state, customer = context.journey.state, context.facts.customer
    if form.get("intent") != "skip" or customer is None:
        return await make_key(context, form, FactorKind.PASSKEY)
    now = context.parts.clock.now()

    async def write(unit: JourneyUnit) -> Problem | None:
        await unit.factors.decline(customer.id, now)
        return None

    return Progress(msgspec.structs.replace(state, passkey=Making(is_able=True, is_asked=True)), write)
