"""What risk decided of a customer, in words; and what other thresholds would have decided."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response

from limen.identity.administrators import CUSTOMERS_READ, SECURITY_READ
from limen.integration.api.answers import CurrentCall, answer
from limen.integration.api.document import answers, needs
from limen.integration.api.models.risk import (
    DecisionsShown,
    WhatIfSent,
    WhatIfShown,
    decisions_shown,
    what_if_shown,
)
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath
from limen.integration.api.problems import Refused
from limen.integration.api.route import GuardedRoute
from limen.kernel.clock import Instant
from limen.kernel.errors import NotFound, Refusal
from limen.kernel.ids import CustomerId
from limen.trust.risk.replay import WhatIf, newest_of, replay, tried

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["risk"])
Language = Annotated[Literal["en", "de", "ar"], Query(description="The language of the reasons.")]
Newest = Annotated[int, Query(ge=1, le=100, description="How many, the newest first.")]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@router.get(
    "/customers/{customer_id}/risk-decisions",
    response_model=DecisionsShown,
    responses=answers(),
    openapi_extra=needs(CUSTOMERS_READ),
)
async def list_risk_decisions(
    call: CurrentCall, customer_id: CustomerPath, locale: Language = "en", limit: Newest = 20
) -> Response:
    """Tell why a customer was asked for more, or was not: the newest decisions, with their reasons in words."""
    async with call.parts.reading(call.desk.tenant.id) as unit:
        if await unit.customers.get(CustomerId(customer_id)) is None:
            raise Refused(NotFound("customer_not_found"))
        newest = await newest_of(unit.audit_log, customer_id, limit)
    names = {name for one in newest.made for name in one.reasons}
    return answer(decisions_shown(newest, {name: call.parts.words(locale, name) for name in names}))


@router.post(
    "/risk/what-if", response_model=WhatIfShown, responses=answers(body=True), openapi_extra=needs(SECURITY_READ)
)
async def replay_risk(call: CurrentCall, body: WhatIfSent) -> Response:
    """Say what other thresholds would have decided of past sign-ins and changes; nothing changes."""
    held = call.desk.tenant.settings
    settings = tried(body.ruled(held.risk), held.sign_up, body.action, body.thresholds)
    if isinstance(settings, Refusal):
        raise Refused(settings)
    asked = WhatIf(*settings, _instant(body.since), _instant(body.until), body.action, body.client_id, body.most)
    return answer(what_if_shown(await replay(call.parts.reading, call.desk.tenant.id, asked)))


def _instant(of: datetime | None) -> Instant:
    return 0 if of is None else max(1, (of - _EPOCH) // timedelta(microseconds=1))
