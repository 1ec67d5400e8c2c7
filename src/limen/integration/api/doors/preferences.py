"""How customers want to be written to: by which channels, how often at most, and about what."""

from fastapi import APIRouter, Response

from limen.identity.administrators import CONSENTS_READ, CONSENTS_WRITE
from limen.identity.preferences.choose import Choosing, Preferences
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.models.choices import PreferencesSent, PreferencesShown, shown_preferences
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.ids import CustomerId

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["consents"])
_THEIRS = "/customers/{customer_id}/preferences"


def _use(call: Call) -> Choosing:
    parts, tenant = call.parts, call.desk.tenant
    return Choosing(tenant.id, tenant.settings.preferences, parts.begin, parts.reading, parts.keyring, parts.clock)


@router.get(_THEIRS, response_model=PreferencesShown, responses=answers(), openapi_extra=needs(CONSENTS_READ))
async def read_preferences(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """Read how a customer wants to be written to, without what is offered no more."""
    return answer(shown_preferences(ok(await _use(call).read(CustomerId(customer_id)))))


@router.put(_THEIRS, response_model=PreferencesShown, responses=answers(body=True), openapi_extra=needs(CONSENTS_WRITE))
async def change_preferences(call: CurrentCall, customer_id: CustomerPath, body: PreferencesSent) -> Response:
    """Store how a customer wants to be written to, as you learnt it from them."""
    wanted = Preferences(body.channels, body.topics, body.frequency)
    return answer(shown_preferences(ok(await _use(call).change(CustomerId(customer_id), wanted, call.actor))))
