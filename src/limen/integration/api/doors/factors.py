"""Second factors of a customer: seen, and taken away where they were lost."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from limen.access.factors.administer import FactorAdministration
from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.models.factors import FactorsShown, shown
from limen.integration.api.parts import PREFIX
from limen.integration.api.problems import Refused
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.ids import CustomerId, FactorId

router = APIRouter(prefix=f"{PREFIX}/customers", route_class=GuardedRoute, tags=["customers"])
Id = Annotated[str, Path(alias="customer_id", pattern="^cus_[0-9a-hjkmnp-tv-z]{26}$")]
Factor = Annotated[str, Path(pattern="^fac_[0-9a-hjkmnp-tv-z]{26}$")]


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
async def list_factors(call: CurrentCall, customer_id: Id) -> Response:
    """List a customer's second factors. No secret and no code is ever shown."""
    return answer(shown(ok(await _use(call).list(CustomerId(customer_id)))))


@router.delete(
    "/{customer_id}/factors/{factor_id}",
    status_code=204,
    responses=answers(),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def remove_factor(call: CurrentCall, customer_id: Id, factor_id: Factor) -> Response:
    """Remove a factor, and with the last second step the recovery codes. The customer is told by mail."""
    refusal = await _use(call).remove(CustomerId(customer_id), FactorId(factor_id), call.actor)
    if refusal is not None:
        raise Refused(refusal)
    return Response(status_code=204)
