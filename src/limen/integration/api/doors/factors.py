"""Second factors of a customer: seen, and taken away where they were lost."""

from typing import Annotated

from fastapi import APIRouter, Response

from limen.access.factors.administer import FactorAdministration
from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.integration.api.answers import CurrentCall, answer, done, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.models.factors import FactorsShown, shown
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath, identified
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.ids import CustomerId, FactorId

router = APIRouter(prefix=f"{PREFIX}/customers", route_class=GuardedRoute, tags=["customers"])
Factor = Annotated[str, identified(FactorId)]


def _use(call: Call) -> FactorAdministration:
    parts, tenant = call.parts, call.desk.tenant
    return FactorAdministration(
        tenant.id,
        tenant.issuer,
        parts.begin,
        parts.reading,
        parts.directory_for(tenant.id),
        parts.clock,
        parts.entropy,
    )


@router.get(
    "/{customer_id}/factors", response_model=FactorsShown, responses=answers(), openapi_extra=needs(CUSTOMERS_READ)
)
async def list_factors(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """List a customer's second factors. No secret and no code is ever shown."""
    return answer(shown(ok(await _use(call).list(CustomerId(customer_id)))))


@router.delete(
    "/{customer_id}/factors/{factor_id}",
    status_code=204,
    responses=answers(),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def remove_factor(call: CurrentCall, customer_id: CustomerPath, factor_id: Factor) -> Response:
    """Remove a factor, and with the last second step the recovery codes. The customer is told by mail."""
    return done(await _use(call).remove(CustomerId(customer_id), FactorId(factor_id), call.actor))
