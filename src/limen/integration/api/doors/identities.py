"""Who a customer is with other issuers, as administrators see and change it."""

from typing import Annotated

from fastapi import APIRouter, Response

from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.identity.customers.identities import is_identity, with_identity, without_identity
from limen.identity.customers.records import Customer, Identity
from limen.integration.api.answers import CurrentCall, IfMatch, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.doors.customers import administration, changed
from limen.integration.api.models.identities import IdentitiesShown, IdentityNew, shown_identities
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath, identified
from limen.integration.api.problems import Refused
from limen.integration.api.route import GuardedRoute
from limen.kernel.errors import Invalid
from limen.kernel.ids import ContactId, CustomerId

router = APIRouter(prefix=f"{PREFIX}/customers", route_class=GuardedRoute, tags=["customers"])
Named = Annotated[str, identified(ContactId, "identity_id")]


@router.get(
    "/{customer_id}/identities",
    response_model=IdentitiesShown,
    responses=answers(),
    openapi_extra=needs(CUSTOMERS_READ),
)
async def list_identities(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """List who a customer is with other issuers."""
    return _answered(ok(await administration(call).read(CustomerId(customer_id))))


@router.post(
    "/{customer_id}/identities",
    response_model=IdentitiesShown,
    responses=answers(409, 412, 428, body=True),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def link_identity(
    call: CurrentCall, customer_id: CustomerPath, body: IdentityNew, if_match: IfMatch = None
) -> Response:
    """Link an identity to a customer: you vouch for it."""
    if not is_identity(body.issuer, body.subject) or not body.label.isprintable():
        raise Refused(Invalid("invalid_identity", "unprintable", {"subject": "identity.invalid"}))
    new_id, now = str(ContactId.new(call.parts.clock, call.parts.entropy)), call.parts.clock.now()
    added = Identity(new_id, body.issuer, body.subject, now, body.label)
    return _answered(await changed(call, customer_id, if_match, lambda profile: with_identity(profile, added)))


@router.delete(
    "/{customer_id}/identities/{identity_id}",
    response_model=IdentitiesShown,
    responses=answers(409, 412, 428),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def unlink_identity(
    call: CurrentCall, customer_id: CustomerPath, identity_id: Named, if_match: IfMatch = None
) -> Response:
    """Take an identity away from a customer: whoever holds it signs in as them no more."""
    return _answered(await changed(call, customer_id, if_match, lambda profile: without_identity(profile, identity_id)))


def _answered(customer: Customer) -> Response:
    return answer(shown_identities(customer.profile), customer.version)
