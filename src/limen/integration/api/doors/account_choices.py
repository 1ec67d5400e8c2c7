"""What a customer allows, and how they want to be written to: seen, taken back and chosen by themselves.

A consent is given on our own pages alone, under the words that it is about: an application that may change the account
could else allow itself something in its customer's name.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from limen.identity.administrators import Actor
from limen.identity.consents.decide import Deciding, Source, Wish
from limen.identity.consents.question import Standing
from limen.identity.consents.records import Decision
from limen.identity.customers.scopes import ACCOUNT_READ, ACCOUNT_WRITE
from limen.identity.preferences.choose import Choosing, Preferences
from limen.integration.api.account import AccountCall, AccountRoute, CurrentAccount
from limen.integration.api.answers import answer, ok
from limen.integration.api.document import acts, answers
from limen.integration.api.models.choices import (
    OwnConsentsShown,
    OwnPreferencesShown,
    PreferencesSent,
    shown_own_consent,
    shown_own_preferences,
)
from limen.integration.api.parts import PREFIX
from limen.integration.api.problems import Refused
from limen.kernel.context import RequestContext
from limen.kernel.errors import NotFound

router = APIRouter(prefix=f"{PREFIX}/account", route_class=AccountRoute, tags=["account"])
PurposeName = Annotated[str, Path(alias="purpose", pattern="^[a-z][a-z0-9_-]{0,62}[a-z0-9]$")]
_UNKNOWN: Final = NotFound("purpose_not_found")


@router.get("/consents", response_model=OwnConsentsShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_own_consents(call: CurrentAccount) -> Response:
    """List every purpose that data is used for, in one's own language, and what one decided."""
    account, owner = call.account, call.owner
    async with account.reading(account.tenant_id) as unit:
        found = await unit.consents.latest(owner.customer.id)
    decided = {(one.decision.purpose, one.decision.party): Standing.of(one) for one in found}
    now, locale = call.parts.clock.now(), owner.request.locale
    shown = [
        shown_own_consent(purpose, decided.get((purpose.name, purpose.party)), locale, now)
        for purpose in call.desk.purposes.values()
        if purpose.retired_at is None or (purpose.name, purpose.party) in decided
    ]
    return answer(OwnConsentsShown(items=shown))


@router.delete("/consents/{purpose}", status_code=204, responses=answers(409), openapi_extra=acts(ACCOUNT_WRITE))
async def withdraw_own_consent(call: CurrentAccount, purpose: PurposeName) -> Response:
    """Take a consent back, or object. A consent is given on the account page, under its words."""
    parts, owner = call.parts, call.owner
    found = call.desk.purposes.get(purpose)
    if found is None:
        raise Refused(_UNKNOWN)
    wish = Wish(purpose, Decision.WITHDRAWN, found.current.number, owner.request.locale)
    # of where the customer was, the address of an application's server would say nothing
    came = RequestContext(owner.request.request_id)
    source = Source("api", f"customer:{owner.customer.id}", came, owner.client)
    deciding = Deciding(call.desk.tenant.id, parts.begin, parts.keyring, parts.clock, parts.entropy)
    ok(await deciding.decide(found, wish, owner.customer.id, source))
    return Response(status_code=204)


@router.get("/preferences", response_model=OwnPreferencesShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def read_own_preferences(call: CurrentAccount) -> Response:
    """Read how one wants to be written to, and what there is to choose from."""
    settings, locale = call.desk.tenant.settings.preferences, call.owner.request.locale
    chosen = ok(await _choosing(call).read(call.owner.customer.id))
    return answer(shown_own_preferences(chosen, settings, locale))


@router.put(
    "/preferences", response_model=OwnPreferencesShown, responses=answers(body=True), openapi_extra=acts(ACCOUNT_WRITE)
)
async def choose_own_preferences(call: CurrentAccount, body: PreferencesSent) -> Response:
    """Choose how one wants to be written to, of what is offered."""
    settings, owner = call.desk.tenant.settings.preferences, call.owner
    actor = Actor(f"customer:{owner.customer.id}", owner.request.request_id)
    wanted = Preferences(body.channels, body.topics, body.frequency)
    chosen = ok(await _choosing(call).change(owner.customer.id, wanted, actor))
    return answer(shown_own_preferences(chosen, settings, owner.request.locale))


def _choosing(call: AccountCall) -> Choosing:
    parts, tenant = call.parts, call.desk.tenant
    return Choosing(tenant.id, tenant.settings.preferences, parts.begin, parts.reading, parts.keyring, parts.clock)
