"""A customer's own e-mail addresses: seen, added, put first and taken away."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from limen.access.account.emails import put_first, remove_email
from limen.access.journeys.tasks import ADD_EMAIL, CHANGE_EMAIL
from limen.identity.customers.scopes import ACCOUNT_CREDENTIALS, ACCOUNT_READ, ACCOUNT_WRITE
from limen.integration.api.account import AccountRoute, CurrentAccount, require_recent
from limen.integration.api.answers import answer, done
from limen.integration.api.document import acts, answers
from limen.integration.api.errands import begun
from limen.integration.api.idempotency import IdempotencyKey
from limen.integration.api.models.changes import ChangeShown, OwnEmailSent
from limen.integration.api.models.emails import EmailsShown, shown_emails
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.kernel.ids import ContactId

router = APIRouter(prefix=f"{PREFIX}/account/emails", route_class=AccountRoute, tags=["account"])
Contact = Annotated[str, identified(ContactId, "email_id")]


@router.get("", response_model=EmailsShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_own_emails(call: CurrentAccount) -> Response:
    """List one's e-mail addresses, the primary one first."""
    return answer(shown_emails(call.owner.customer.profile))


@router.post(
    "",
    status_code=201,
    response_model=ChangeShown,
    responses=answers(409, 412, body=True),
    openapi_extra=acts(ACCOUNT_CREDENTIALS),
)
async def add_own_email(
    call: CurrentAccount, request: Request, body: OwnEmailSent, idempotency_key: IdempotencyKey = None
) -> Response:
    """Begin to add an address, or to put another in the place of the primary one. Wants a recent sign-in.

    The change waits for the code that is mailed there. Whether the address is somebody else's is not said: its mail has
    no code then.
    """
    kind = CHANGE_EMAIL if body.primary else ADD_EMAIL
    return await begun(call, request, idempotency_key, kind, {"email": body.email})


@router.post("/{email_id}/primary", status_code=204, responses=answers(409), openapi_extra=acts(ACCOUNT_WRITE))
async def put_own_email_first(call: CurrentAccount, email_id: Contact) -> Response:
    """Make another of one's addresses the primary one. Wants a recent sign-in; every address is told."""
    await require_recent(call)
    return done(await put_first(call.account, call.owner, email_id))


@router.delete("/{email_id}", status_code=204, responses=answers(409), openapi_extra=acts(ACCOUNT_WRITE))
async def remove_own_email(call: CurrentAccount, email_id: Contact) -> Response:
    """Take one of one's addresses away. Wants a recent sign-in; every address is told, that one too."""
    await require_recent(call)
    return done(await remove_email(call.account, call.owner, email_id))
