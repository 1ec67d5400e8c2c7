"""How customers want to be written to: by which channels, how often at most, and about what."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from limen.identity.administrators import CONSENTS_READ, CONSENTS_WRITE
from limen.identity.preferences.choose import Choosing, Chosen, Preferences
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.models.common import Moment, Sent, Shown, Str, moment
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.ids import CustomerId

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["consents"])
_THEIRS = "/customers/{customer_id}/preferences"
_Name = Annotated[Str, Field(max_length=64)]


class PreferencesSent(Sent):
    """What a customer wants, as you learnt it from them: of what the tenant's setting `preferences` offers."""

    channels: tuple[_Name, ...] = Field(default=(), max_length=10)
    topics: tuple[_Name, ...] = Field(default=(), max_length=50)
    frequency: _Name = Field(default="", description="How often at most; empty where they left it to you.")


class PreferencesShown(Shown):
    """What a customer wants. It is no consent: ask for that first."""

    channels: tuple[str, ...]
    topics: tuple[str, ...]
    frequency: str
    updated_at: Moment | None = Field(description="When they chose; null for never.")


def _use(call: Call) -> Choosing:
    parts, tenant = call.parts, call.desk.tenant
    return Choosing(tenant.id, tenant.settings.preferences, parts.begin, parts.reading, parts.keyring, parts.clock)


def _shown(chosen: Chosen) -> PreferencesShown:
    said = chosen.preferences
    at = moment(chosen.updated_at) if chosen.updated_at else None
    return PreferencesShown(channels=said.channels, topics=said.topics, frequency=said.frequency, updated_at=at)


@router.get(_THEIRS, response_model=PreferencesShown, responses=answers(), openapi_extra=needs(CONSENTS_READ))
async def read_preferences(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """Read how a customer wants to be written to, without what is offered no more."""
    return answer(_shown(ok(await _use(call).read(CustomerId(customer_id)))))


@router.put(_THEIRS, response_model=PreferencesShown, responses=answers(body=True), openapi_extra=needs(CONSENTS_WRITE))
async def change_preferences(call: CurrentCall, customer_id: CustomerPath, body: PreferencesSent) -> Response:
    """Store how a customer wants to be written to, as you learnt it from them."""
    wanted = Preferences(body.channels, body.topics, body.frequency)
    return answer(_shown(ok(await _use(call).change(CustomerId(customer_id), wanted, call.actor))))
