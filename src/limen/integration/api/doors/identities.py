"""Who a customer is with other issuers, as administrators see and change it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Response

from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.identity.customers.identities import is_identity, with_identity, without_identity
from limen.identity.customers.records import Identity, Profile
from limen.integration.api.answers import CurrentCall, IfMatch, answer, expected_version, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.doors.customers import Id, administration
from limen.integration.api.models.identities import IdentitiesShown, IdentityNew, shown_identities
from limen.integration.api.parts import PREFIX
from limen.integration.api.problems import Refused
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.ids import ContactId, CustomerId

router = APIRouter(prefix=f"{PREFIX}/customers", route_class=GuardedRoute, tags=["customers"])
Named = Annotated[str, Path(alias="identity_id", pattern="^con_[0-9a-hjkmnp-tv-z]{26}$")]


@router.get(
    "/{customer_id}/identities",
    response_model=IdentitiesShown,
    responses=answers(),
    openapi_extra=needs(CUSTOMERS_READ),
)
async def list_identities(call: CurrentCall, customer_id: Id) -> Response:
    """List who a customer is with other issuers."""
    customer = ok(await administration(call).read(CustomerId(customer_id)))
    return answer(shown_identities(customer.profile), customer.version)


@router.post(
    "/{customer_id}/identities",
    response_model=IdentitiesShown,
    responses=answers(409, 412, 428, body=True),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def link_identity(call: CurrentCall, customer_id: Id, body: IdentityNew, if_match: IfMatch = None) -> Response:
    """Link an identity to a customer: you vouch for it."""
    if not is_identity(body.issuer, body.subject) or not body.label.isprintable():
        raise Refused(Invalid("invalid_identity", "unprintable", {"subject": "identity.invalid"}))
    new_id, now = str(ContactId.new(call.parts.clock, call.parts.entropy)), call.parts.clock.now()
    added = Identity(new_id, body.issuer, body.subject, now, body.label)
    return await _changed(call, customer_id, if_match, lambda profile: with_identity(profile, added))


@router.delete(
    "/{customer_id}/identities/{identity_id}",
    response_model=IdentitiesShown,
    responses=answers(409, 412, 428),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def unlink_identity(call: CurrentCall, customer_id: Id, identity_id: Named, if_match: IfMatch = None) -> Response:
    """Take an identity away from a customer: whoever holds it signs in as them no more."""
    return await _changed(call, customer_id, if_match, lambda profile: without_identity(profile, identity_id))


async def _changed(
    call: Call, customer_id: str, if_match: str | None, change: Callable[[Profile], Profile | Refusal]
) -> Response:
    version = expected_version(if_match)
    done = await administration(call).update(CustomerId(customer_id), change, call.actor, expected_version=version)
    customer = ok(done)
    return answer(shown_identities(customer.profile), customer.version)
