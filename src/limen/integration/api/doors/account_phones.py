"""A customer's own telephone numbers: seen, added, put first and taken away."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from limen.access.account.names import put_phone_first, remove_phone
from limen.access.journeys.messages.sent_codes import sms_offered
from limen.access.journeys.tasks import ADD_NUMBER
from limen.identity.customers.scopes import ACCOUNT_CREDENTIALS, ACCOUNT_READ, ACCOUNT_WRITE
from limen.integration.api.account import AccountRoute, CurrentAccount, require_recent
from limen.integration.api.answers import answer, done
from limen.integration.api.document import acts, answers
from limen.integration.api.errands import begun, journeys_of, offered
from limen.integration.api.idempotency import IdempotencyKey
from limen.integration.api.models.changes import ChangeShown, OwnPhoneSent
from limen.integration.api.models.phones import PhonesShown, shown_phones
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.kernel.ids import ContactId

router = APIRouter(prefix=f"{PREFIX}/account/phones", route_class=AccountRoute, tags=["account"])
Contact = Annotated[str, identified(ContactId, "phone_id")]


@router.get("", response_model=PhonesShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_own_phones(call: CurrentAccount) -> Response:
    """List one's telephone numbers, the primary one first."""
    return answer(shown_phones(call.owner.customer.profile))


@router.post(
    "",
    status_code=201,
    response_model=ChangeShown,
    responses=answers(409, 412, 503, body=True),
    openapi_extra=acts(ACCOUNT_CREDENTIALS),
)
async def add_own_phone(
    call: CurrentAccount, request: Request, body: OwnPhoneSent, idempotency_key: IdempotencyKey = None
) -> Response:
    """Begin to add a number. Wants a recent sign-in; the change waits for the code that is sent there."""
    offered(sms_offered(await journeys_of(call)))
    return await begun(call, request, idempotency_key, ADD_NUMBER, {"phone": body.number})


@router.post("/{phone_id}/primary", status_code=204, responses=answers(409), openapi_extra=acts(ACCOUNT_WRITE))
async def put_own_phone_first(call: CurrentAccount, phone_id: Contact) -> Response:
    """Make another of one's numbers the primary one. Wants a recent sign-in; every address is told."""
    await require_recent(call)
    return done(await put_phone_first(call.account, call.owner, phone_id))


@router.delete("/{phone_id}", status_code=204, responses=answers(409), openapi_extra=acts(ACCOUNT_WRITE))
async def remove_own_phone(call: CurrentAccount, phone_id: Contact) -> Response:
    """Take one of one's numbers away. Wants a recent sign-in; every address is told."""
    await require_recent(call)
    return done(await remove_phone(call.account, call.owner, phone_id))
