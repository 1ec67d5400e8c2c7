"""Customers. A customer who administers can be changed only by somebody who administers as much."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.identity.credentials.policy import policy_of
from limen.identity.customers.management import CustomerAdministration, NewCustomer
from limen.integration.api.answers import CurrentCall, IfMatch, answer, expected_version, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.customers import CustomerNew, CustomerPage, CustomerPatch, CustomerShown, shown
from limen.integration.api.paging import After, PageSize, next_link, position
from limen.integration.api.parts import PREFIX
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.ids import CustomerId
from limen.kernel.secret import Secret
from limen.trust.threats.breaches import Breaches

router = APIRouter(prefix=f"{PREFIX}/customers", route_class=GuardedRoute, tags=["customers"])
Id = Annotated[str, Path(alias="customer_id", pattern="^cus_[0-9a-hjkmnp-tv-z]{26}$")]


def _use(call: Call) -> CustomerAdministration:
    parts, tenant = call.parts, call.desk.tenant
    policy = policy_of(tenant.settings.password_preset)
    return CustomerAdministration(
        tenant.id,
        parts.begin,
        parts.reading,
        parts.directory_for(tenant.id),
        parts.hasher,
        policy,
        parts.clock,
        tenant.settings.profile,
        Breaches(parts.breaches, tenant.settings.breaches).guard,
    )


async def _show(call: Call, customer_id: str) -> Response:
    customer = ok(await _use(call).read(CustomerId(customer_id)))
    return answer(shown(customer), customer.version)


@router.get("", response_model=CustomerPage, responses=answers(), openapi_extra=needs(CUSTOMERS_READ))
async def list_customers(call: CurrentCall, after: After = "", size: PageSize = 50) -> Response:
    """List customers, oldest first."""
    found, last = await _use(call).list(after=position(after), limit=size)
    following = next_link(f"{call.prefix}{PREFIX}/customers", last, size)
    return answer(CustomerPage(items=[shown(customer) for customer in found], next=following))


@router.post(
    "",
    status_code=201,
    response_model=CustomerShown,
    responses=answers(409, 503, body=True),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def create_customer(
    call: CurrentCall, request: Request, body: CustomerNew, idempotency_key: IdempotencyKey = None
) -> Response:
    """Make a customer."""

    async def work() -> Response:
        password = Secret(body.password.get_secret_value()) if body.password is not None else None
        customer = ok(await _use(call).create(NewCustomer(body.profile(), password), call.actor))
        location = f"{call.prefix}{PREFIX}/customers/{customer.id}"
        return answer(shown(customer), customer.version, status=201, location=location)

    async def recall(location: str) -> Response:
        return await _show(call, location.rpartition("/")[2])

    return await once(call, request, idempotency_key, work, recall)


@router.get("/{customer_id}", response_model=CustomerShown, responses=answers(), openapi_extra=needs(CUSTOMERS_READ))
async def read_customer(call: CurrentCall, customer_id: Id) -> Response:
    """Read a customer."""
    return await _show(call, customer_id)


@router.patch(
    "/{customer_id}",
    response_model=CustomerShown,
    responses=answers(409, 412, 428, body=True),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def update_customer(
    call: CurrentCall, customer_id: Id, body: CustomerPatch, if_match: IfMatch = None
) -> Response:
    """Change a customer's profile or address; what is absent stays."""
    version = expected_version(if_match)
    customer = ok(await _use(call).update(CustomerId(customer_id), body.applied, call.actor, expected_version=version))
    return answer(shown(customer), customer.version)


@router.delete("/{customer_id}", status_code=204, responses=answers(412, 428), openapi_extra=needs(CUSTOMERS_WRITE))
async def delete_customer(call: CurrentCall, customer_id: Id, if_match: IfMatch = None) -> Response:
    """Erase a customer: the rows, and the key that everything personal is sealed under."""
    refusal = await _use(call).delete(CustomerId(customer_id), call.actor, expected_version=expected_version(if_match))
    ok(refusal)
    return Response(status_code=204)


@router.post(
    "/{customer_id}/disable",
    response_model=CustomerShown,
    responses=answers(412),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def disable_customer(call: CurrentCall, customer_id: Id) -> Response:
    """Bar a customer from signing in; every session and token ends. May be repeated."""
    customer = ok(await _use(call).disable(CustomerId(customer_id), call.actor))
    return answer(shown(customer), customer.version)


@router.post(
    "/{customer_id}/enable", response_model=CustomerShown, responses=answers(412), openapi_extra=needs(CUSTOMERS_WRITE)
)
async def enable_customer(call: CurrentCall, customer_id: Id) -> Response:
    """Let a customer sign in again. May be repeated."""
    customer = ok(await _use(call).enable(CustomerId(customer_id), call.actor))
    return answer(shown(customer), customer.version)


@router.post(
    "/{customer_id}/sign-out",
    response_model=CustomerShown,
    responses=answers(412),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def sign_out_customer(call: CurrentCall, customer_id: Id) -> Response:
    """End every session and token of a customer. May be repeated."""
    customer = ok(await _use(call).sign_out_everywhere(CustomerId(customer_id), call.actor))
    return answer(shown(customer), customer.version)
