"""Customers. A customer who administers can be changed only by somebody who administers as much."""

from collections.abc import Callable, Iterable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from limen.access.merging.merge import Merging
from limen.access.merging.records import Wish as MergeWish
from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.identity.credentials.policy import policy_of
from limen.identity.customers.find import Finding
from limen.identity.customers.management import CustomerAdministration, NewCustomer
from limen.identity.customers.records import Customer, Profile
from limen.integration.api.answers import CurrentCall, IfMatch, answer, done, expected_version, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.customers import (
    CustomerNew,
    CustomerPage,
    CustomerPatch,
    CustomerSearch,
    CustomerShown,
    Matching,
    MergeSent,
    MergeShown,
    SearchField,
    SearchValue,
    State,
    shown,
)
from limen.integration.api.paging import PageSize, SearchCursor, next_link, position, sealed_link
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath
from limen.integration.api.problems import Refused
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.errors import Expired, Invalid, NotFound, Refusal
from limen.kernel.ids import CustomerId
from limen.kernel.secret import Secret
from limen.trust.threats.breaches import Breaches

router = APIRouter(prefix=f"{PREFIX}/customers", route_class=GuardedRoute, tags=["customers"])
_LONGEST_PLAIN = 50
"""Characters of the cursor of a plain list, an identifier; those that carry a question are sealed, and longer."""


def administration(call: Call) -> CustomerAdministration:
    """Return what changes the tenant's customers."""
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
        tenant.settings.sign_in.usernames,
    )


async def changed(
    call: Call,
    customer_id: str,
    if_match: str | None,
    change: Callable[[Profile], Profile | Refusal],
    sent: Iterable[str] = (),
) -> Customer:
    """Make a *change* of a customer's profile, where its version is still the one that was read.

    *sent* is as in :meth:`~limen.identity.customers.management.CustomerAdministration.update`.
    """
    version, use = expected_version(if_match), administration(call)
    return ok(await use.update(CustomerId(customer_id), change, call.actor, expected_version=version, sent=sent))


def _shown(call: Call, customer: Customer) -> CustomerShown:
    return shown(customer, call.desk.tenant.settings.profile)


async def _show(call: Call, customer_id: str) -> Response:
    customer = await administration(call).read(CustomerId(customer_id))
    if isinstance(customer, NotFound):
        async with call.parts.reading(call.desk.tenant.id) as unit:
            into = await unit.merges.merged_into(CustomerId(customer_id))
        if into is not None:
            location = f"{call.prefix}{PREFIX}/customers/{into}"
            raise Refused(Expired("customer_merged"), headers={"location": location})
    customer = ok(customer)
    return answer(_shown(call, customer), customer.version)


@router.get("", response_model=CustomerPage, responses=answers(409), openapi_extra=needs(CUSTOMERS_READ))
async def list_customers(  # noqa: PLR0913 - one for each parameter of the query
    call: CurrentCall,
    after: SearchCursor = "",
    size: PageSize = 50,
    field: Annotated[SearchField | None, Query()] = None,
    value: Annotated[SearchValue | None, Query()] = None,
    match: Annotated[Matching, Query()] = "exact",
    state: Annotated[State | None, Query()] = None,
    created_from: Annotated[AwareDatetime | None, Query()] = None,
    created_before: Annotated[AwareDatetime | None, Query()] = None,
) -> Response:
    """List customers, oldest first, or find them by `field` and `value`, by state, by when they were made.

    A page of found customers may hold fewer than `limit`, or none, and still have a `next`, which carries the whole
    question. What is looked for stands in this address: `POST …/customers/search` keeps it out of logs on the way.
    """
    wish = CustomerSearch(
        field=field,
        value=value,
        match=match,
        state=state,
        created_from=created_from,
        created_before=created_before,
        limit=size,
    )
    asks = wish.model_dump(exclude={"limit"}) != CustomerSearch().model_dump(exclude={"limit"})
    if after and asks:
        raise Refused(Invalid("invalid_cursor", "a cursor carries its question", {"after": "cursor.alone"}))
    if asks or len(after) > _LONGEST_PLAIN:
        return await _found(call, wish, after)
    found, last = await administration(call).list(after=position(after), limit=size)
    following = next_link(f"{call.prefix}{PREFIX}/customers", last, size)
    return answer(CustomerPage(items=[_shown(call, customer) for customer in found], next=following))


@router.post(
    "/search", response_model=CustomerPage, responses=answers(409, body=True), openapi_extra=needs(CUSTOMERS_READ)
)
async def search_customers(call: CurrentCall, body: CustomerSearch) -> Response:
    """Find customers as `GET` does; what is looked for stands in no address. `next` is read with `GET`."""
    return await _found(call, body, "")


async def _found(call: Call, wish: CustomerSearch, cursor: str) -> Response:
    parts, tenant_id = call.parts, call.desk.tenant.id
    finding = Finding(tenant_id, parts.begin, parts.reading, parts.directory_for(tenant_id))
    asked = ok(await finding.resume(cursor) if cursor else wish.asked())
    page = ok(await finding.find(asked, call.actor, wish.limit))
    following = sealed_link(f"{call.prefix}{PREFIX}/customers", page.cursor, wish.limit)
    return answer(CustomerPage(items=[_shown(call, customer) for customer in page.customers], next=following))


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
        customer = ok(await administration(call).create(NewCustomer(body.made(), password), call.actor))
        location = f"{call.prefix}{PREFIX}/customers/{customer.id}"
        return answer(_shown(call, customer), customer.version, status=201, location=location)

    async def recall(location: str) -> Response:
        return await _show(call, location.rpartition("/")[2])

    return await once(call, request, idempotency_key, work, recall)


@router.get("/{customer_id}", response_model=CustomerShown, responses=answers(410), openapi_extra=needs(CUSTOMERS_READ))
async def read_customer(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """Read a customer."""
    return await _show(call, customer_id)


@router.patch(
    "/{customer_id}",
    response_model=CustomerShown,
    responses=answers(409, 412, 428, body=True),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def update_customer(
    call: CurrentCall, customer_id: CustomerPath, body: CustomerPatch, if_match: IfMatch = None
) -> Response:
    """Change a customer's profile or address; what is absent stays."""
    customer = await changed(call, customer_id, if_match, body.applied, body.named)
    return answer(_shown(call, customer), customer.version)


@router.delete("/{customer_id}", status_code=204, responses=answers(412, 428), openapi_extra=needs(CUSTOMERS_WRITE))
async def delete_customer(call: CurrentCall, customer_id: CustomerPath, if_match: IfMatch = None) -> Response:
    """Erase a customer: the rows, and the key that everything personal is sealed under."""
    version = expected_version(if_match)
    return done(await administration(call).delete(CustomerId(customer_id), call.actor, expected_version=version))


@router.post(
    "/{customer_id}/disable",
    response_model=CustomerShown,
    responses=answers(412),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def disable_customer(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """Bar a customer from signing in; every session and token ends. May be repeated."""
    customer = ok(await administration(call).disable(CustomerId(customer_id), call.actor))
    return answer(_shown(call, customer), customer.version)


@router.post(
    "/{customer_id}/enable", response_model=CustomerShown, responses=answers(412), openapi_extra=needs(CUSTOMERS_WRITE)
)
async def enable_customer(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """Let a customer sign in again. May be repeated."""
    customer = ok(await administration(call).enable(CustomerId(customer_id), call.actor))
    return answer(_shown(call, customer), customer.version)


@router.post(
    "/{customer_id}/sign-out",
    response_model=CustomerShown,
    responses=answers(412),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def sign_out_customer(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """End every session and token of a customer. May be repeated."""
    customer = ok(await administration(call).sign_out_everywhere(CustomerId(customer_id), call.actor))
    return answer(_shown(call, customer), customer.version)


@router.post(
    "/{customer_id}/merge",
    response_model=MergeShown,
    responses=answers(409, 412, 428, body=True),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def merge_customers(
    call: CurrentCall, customer_id: CustomerPath, body: MergeSent, if_match: IfMatch = None
) -> Response:
    """Merge another customer into this one, or preview it. The other is erased; no credential is carried over.

    `If-Match` names the version of the one who stays; a preview needs none. `seen`, of a preview, also holds what ends
    with the other and what is withdrawn to what it was.
    """
    parts, tenant = call.parts, call.desk.tenant
    directory, settings = parts.directory_for(tenant.id), tenant.settings.profile
    merging = Merging(tenant.id, parts.begin, parts.reading, directory, parts.clock, parts.entropy, settings)
    wish = MergeWish(CustomerId(customer_id), CustomerId(body.goes), frozenset(body.take))
    plan = ok(await merging.plan(wish, call.actor))
    customer = plan.after
    if not body.preview:
        version = expected_version(if_match)
        customer = ok(await merging.merge(wish, call.actor, expected_version=version, seen=body.seen))
    told = _shown(call, customer)
    shown_plan = MergeShown(merged=not body.preview, customer=told, digest=plan.digest, **plan.facts)
    return answer(shown_plan, customer.version)
