"""A customer's e-mail addresses, as administrators see and change them. The primary one is a member of the customer."""

from typing import Annotated

from fastapi import APIRouter, Response

from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.emails import with_email, with_primary, without_email
from limen.identity.customers.records import Contact, Customer, Profile
from limen.integration.api.answers import CurrentCall, IfMatch, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.doors.customers import administration, changed
from limen.integration.api.models.emails import EmailNew, EmailsShown, shown_emails
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath, identified
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.errors import Refusal
from limen.kernel.ids import ContactId, CustomerId

router = APIRouter(prefix=f"{PREFIX}/customers", route_class=GuardedRoute, tags=["customers"])
Named = Annotated[str, identified(ContactId, "email_id")]


@router.get(
    "/{customer_id}/emails", response_model=EmailsShown, responses=answers(), openapi_extra=needs(CUSTOMERS_READ)
)
async def list_emails(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """List a customer's e-mail addresses, the primary one first."""
    return _answered(ok(await administration(call).read(CustomerId(customer_id))))


@router.post(
    "/{customer_id}/emails",
    response_model=EmailsShown,
    responses=answers(409, 412, 428, body=True),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def add_email(call: CurrentCall, customer_id: CustomerPath, body: EmailNew, if_match: IfMatch = None) -> Response:
    """Give a customer one more address, which counts as verified: you vouch for it."""
    email = ok(parse_email(body.email))
    added = Contact(_new(call), email, call.parts.clock.now())
    return _answered(await changed(call, customer_id, if_match, lambda profile: with_email(profile, added)))


@router.post(
    "/{customer_id}/emails/{email_id}/primary",
    response_model=EmailsShown,
    responses=answers(409, 412, 428),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def put_email_first(
    call: CurrentCall, customer_id: CustomerPath, email_id: Named, if_match: IfMatch = None
) -> Response:
    """Make another of a customer's addresses the primary one; the one before stays, if it is verified."""
    customer, kept = ok(await administration(call).read(CustomerId(customer_id))), _new(call)

    def change(profile: Profile) -> Profile | Refusal:
        before = Contact(kept, profile.email, profile.email_since or customer.created_at)
        return with_primary(profile, email_id, before)

    return _answered(await changed(call, customer_id, if_match, change))


@router.delete(
    "/{customer_id}/emails/{email_id}",
    response_model=EmailsShown,
    responses=answers(409, 412, 428),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def remove_email(
    call: CurrentCall, customer_id: CustomerPath, email_id: Named, if_match: IfMatch = None
) -> Response:
    """Take an address away from a customer: from now on it is anybody's."""
    return _answered(await changed(call, customer_id, if_match, lambda profile: without_email(profile, email_id)))


def _new(call: Call) -> str:
    return str(ContactId.new(call.parts.clock, call.parts.entropy))


def _answered(customer: Customer) -> Response:
    return answer(shown_emails(customer.profile), customer.version)
