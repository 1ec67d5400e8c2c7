"""Sign-in, by any of the ways that the tenant offers (:mod:`limen.access.journeys.firsts`).

The page is the same for everybody: nothing is looked up before something is answered. Where the tenant asks for the
identifier first, the address stands on a page of its own, and the ways to prove it on the next.
"""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec.structs import replace

from limen.access.journeys.context import StepContext
from limen.access.journeys.firsts import asked_for, main, offered
from limen.access.journeys.guards.door import proof_data
from limen.access.journeys.guards.manner import manner_data, with_manner
from limen.access.journeys.passkeys.notes import noted
from limen.access.journeys.second_factors import needed
from limen.access.journeys.steps.turns import turned
from limen.access.journeys.views import Problem, Progress, StepView
from limen.identity.customers.identifiers import parse_identifier
from limen.identity.tenants.sign_in import SignInSettings
from limen.kernel.errors import Invalid, Refusal

Asks = Literal["all", "address", "proof"]
"""What a page asks for: address and proof at once, or one of them."""


def view(context: StepContext) -> StepView:
    """Show the form."""
    settings = _settings(context)
    ways = offered(settings)
    data: dict[str, Any] = {
        "client_name": context.facts.client_name,
        "may_sign_up": context.parts.desk.tenant.settings.sign_up_open,
        "asks": _asks(context, settings),
        "identifiers": _identifiers(settings),
        "methods": [first.name for first in ways],
        # A mailed code is a recovery of its own; where there is none, whoever lost a passkey needs another way.
        "may_recover": settings.password or not settings.email_code,
        **proof_data(context),
        **manner_data(context),
    }
    for first in ways:
        data |= first.data(context)
    values = {"email": context.journey.state.email}
    challenge = context.challenge if settings.passkey else ""
    return StepView("sign_in", context.journey.version, values=values, data=data, challenge=challenge)


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Take an address, or an answer by one of the ways; and note whether the browser could make a passkey."""
    progress = await _answered(with_manner(context, form), form)
    state = noted(progress.state, form)
    return progress if state is progress.state else replace(progress, state=state)


async def _answered(context: StepContext, form: Mapping[str, str]) -> Progress:
    state = context.journey.state
    turn = turned(context, form)
    if turn is not None:
        return turn
    if form.get("intent") == "change_email":
        return Progress(replace(state, email=""))
    settings = _settings(context)
    chosen, asks = asked_for(settings, form), _asks(context, settings)
    if chosen is not None and not chosen.needs_address:
        return await chosen.answer(context, "", form)
    email = _parsed(context, form.get("email") or (state.email if asks == "proof" else ""))
    if isinstance(email, Refusal):
        typed = {"email": form.get("email", "")[:254]}
        return Progress(state, problem=Problem({"email": "error.email_invalid"}, values=typed))
    if chosen is None and asks == "address" and "password" not in form:
        return Progress(replace(state, email=email))
    answering = chosen or main(settings)
    if answering is None:
        return Progress(state, problem=Problem(notice="error.invalid"))
    return await answering.answer(context, email, form)


def _identifiers(settings: SignInSettings) -> list[str]:
    """Return what may be typed to say who one is."""
    kinds = [("username", settings.usernames != "off"), ("phone", settings.phones)]
    return ["email", *(kind for kind, is_on in kinds if settings.password and is_on)]


def _parsed(context: StepContext, typed: str) -> str | Invalid:
    settings = context.parts.desk.tenant.settings
    kinds = _identifiers(settings.sign_in)
    region = settings.sms.home if "phone" in kinds else None
    return parse_identifier(typed, usernames="username" in kinds, region=region)


def _settings(context: StepContext) -> SignInSettings:
    """Return what is offered on the way there: where assurance is a must, no mailed code, which bears none."""
    tenant = context.parts.desk.tenant
    settings = tenant.settings.sign_in
    if not needed(tenant, context.facts.request) or not (settings.password or settings.passkey):
        return settings
    return replace(settings, email_code=False)


def _asks(context: StepContext, settings: SignInSettings) -> Asks:
    """Return what is asked for now. With one way alone its button stands beside the address: there is no choice."""
    if not settings.identifier_first or sum(first.needs_address for first in offered(settings)) < 2:
        return "all"
    return "address" if isinstance(_parsed(context, context.journey.state.email), Refusal) else "proof"
