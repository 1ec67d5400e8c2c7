"""A customer's telephone numbers, as administrators see and change them."""

from typing import Annotated

from fastapi import APIRouter, Response

from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.identity.customers.numbers import with_first_phone, with_phone, without_phone
from limen.identity.customers.phones import parse_phone
from limen.identity.customers.records import Contact, Customer
from limen.integration.api.answers import CurrentCall, IfMatch, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.doors.customers import administration, changed
from limen.integration.api.models.phones import PhoneNew, PhonesShown, shown_phones
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath, identified
from limen.integration.api.problems import Refused
from limen.integration.api.route import GuardedRoute
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.ids import ContactId, CustomerId

router = APIRouter(prefix=f"{PREFIX}/customers", route_class=GuardedRoute, tags=["customers"])
Named = Annotated[str, identified(ContactId, "phone_id")]


@router.get(
    "/{customer_id}/phones", response_model=PhonesShown, responses=answers(), openapi_extra=needs(CUSTOMERS_READ)
)
async def list_phones(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """List a customer's proven telephone numbers, the primary one first."""
    return _answered(ok(await administration(call).read(CustomerId(customer_id))))


@router.post(
    "/{customer_id}/phones",
    response_model=PhonesShown,
    responses=answers(409, 412, 428, body=True),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def add_phone(call: CurrentCall, customer_id: CustomerPath, body: PhoneNew, if_match: IfMatch = None) -> Response:
    """Give a customer one more number, which counts as verified: you vouch for it."""
    number = parse_phone(body.number, call.desk.tenant.settings.sms.home)
    if isinstance(number, Refusal):
        raise Refused(Invalid(number.code, number.detail, {"number": number.fields["phone"]}))
    added = Contact(str(ContactId.new(call.parts.clock, call.parts.entropy)), number.e164, call.parts.clock.now())
    return _answered(await changed(call, customer_id, if_match, lambda profile: with_phone(profile, added)))


@router.post(
    "/{customer_id}/phones/{phone_id}/primary",
    response_model=PhonesShown,
    responses=answers(409, 412, 428),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def put_phone_first(
    call: CurrentCall, customer_id: CustomerPath, phone_id: Named, if_match: IfMatch = None
) -> Response:
    """Make another of a customer's numbers the primary one."""
    return _answered(await changed(call, customer_id, if_match, lambda profile: with_first_phone(profile, phone_id)))


@router.delete(
    "/{customer_id}/phones/{phone_id}",
    response_model=PhonesShown,
    responses=answers(409, 412, 428),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def remove_phone(
    call: CurrentCall, customer_id: CustomerPath, phone_id: Named, if_match: IfMatch = None
) -> Response:
    """Take a number away from a customer: from now on it is anybody's."""
    return _answered(await changed(call, customer_id, if_match, lambda profile: without_phone(profile, phone_id)))


def _answered(customer: Customer) -> Response:
    return answer(shown_phones(customer.profile), customer.version)
