"""Sign-up: name, address and password are drafted in the journey; the account is made when the address is proven."""

from collections.abc import Mapping

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.guards.applying import applied, stopped
from limen.access.journeys.guards.door import proof_data
from limen.access.journeys.guards.manner import manner_data, with_manner
from limen.access.journeys.guards.patterns import with_news
from limen.access.journeys.limits import over_mails
from limen.access.journeys.messages.mailed import posted
from limen.access.journeys.passkeys.notes import noted
from limen.access.journeys.passwords import hashed_password, password_data
from limen.access.journeys.records import Draft
from limen.access.journeys.steps.turns import turned
from limen.access.journeys.views import Problem, Progress, StepView
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.identifiers import EMAIL
from limen.identity.customers.records import Profile
from limen.identity.customers.validation import normalised, validate
from limen.identity.profiles.claims import LONGEST_NAME, claim_access
from limen.identity.tenants.sign_in import SignInSettings
from limen.kernel.errors import Refusal


def view(context: StepContext) -> StepView:
    """Show the form."""
    state, settings = context.journey.state, context.parts.desk.tenant.settings
    chooses = {"has_password": settings.sign_in.password, "has_passkey": settings.sign_in.passkey}
    pages = {"terms_url": settings.terms_url or None, "privacy_url": settings.privacy_url or None}
    return StepView(
        "sign_up",
        context.journey.version,
        values={"email": state.email, "name": state.draft.name},
        data={
            "client_name": context.facts.client_name,
            "asks_name": _asks_name(context),
            **pages,
            **chooses,
            **password_data(context.parts),
            **proof_data(context),
            **manner_data(context),
        },
    )


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Draft the account and send a code; an address that is taken gets a different message and the same page."""
    context = with_manner(context, form)
    state, parts = noted(context.journey.state, form), context.parts
    turn = turned(context, form)
    if turn is not None:
        return turn
    email = parse_email(form.get("email", ""))
    profile = normalised(Profile(name=form.get("name", "") if _asks_name(context) else ""))
    name = profile.name
    typed = {"email": form.get("email", "")[:254], "name": name[:LONGEST_NAME]}
    if isinstance(email, Refusal):
        return Progress(state, problem=Problem({"email": "error.email_invalid"}, values=typed))
    if validate(profile) is not None:
        return Progress(state, problem=Problem({"name": "error.name_invalid"}, values=typed))
    found = await applied(context, email, form)
    if found.problem is not None:
        return await stopped(context, state, found, typed)
    limited = await over_mails(context, email)
    if limited is not None:
        return Progress(state, problem=limited)
    hashed: str | Problem = ""
    by_passkey = _is_by_passkey(parts.desk.tenant.settings.sign_in, form)
    if parts.desk.tenant.settings.sign_in.password and not by_passkey:
        hashed = await hashed_password(context, form.get("password", ""), Profile(email=email, name=name), typed)
    if isinstance(hashed, Problem):
        return Progress(state, problem=hashed)
    index = await parts.directory.email_index(email)
    async with parts.read(parts.tenant_id) as unit:
        taken = await unit.customers.is_taken(EMAIL, index)
    drafted = msgspec.structs.replace(state, draft=Draft(name, hashed, by_passkey, found.decided))
    return with_news(context, posted(context, email, drafted, real=not taken), found.news)


def _asks_name(context: StepContext) -> bool:
    """Tell whether the name is the customer's to say."""
    return claim_access(context.parts.desk.tenant.settings.profile, "name") == "write"


def _is_by_passkey(settings: SignInSettings, form: Mapping[str, str]) -> bool:
    """Tell whether a passkey is to be made in place of a password: chosen, or the only way to come back."""
    is_only = not settings.password and not settings.email_code
    return settings.passkey and (is_only or form.get("intent") == "use:passkey")
