"""Who a customer is with other issuers: seen, and taken away. They are linked where the customer signs in."""

from typing import Annotated

from fastapi import APIRouter, Response

from limen.access.linking.link import Linking
from limen.identity.customers.scopes import ACCOUNT_READ, ACCOUNT_WRITE
from limen.integration.api.account import AccountRoute, CurrentAccount, require_recent
from limen.integration.api.answers import answer, done
from limen.integration.api.document import acts, answers
from limen.integration.api.models.identities import IdentitiesShown, shown_identities
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.kernel.ids import ContactId

router = APIRouter(prefix=f"{PREFIX}/account/identities", route_class=AccountRoute, tags=["account"])
Named = Annotated[str, identified(ContactId, "identity_id")]


@router.get("", response_model=IdentitiesShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_own_identities(call: CurrentAccount) -> Response:
    """List who one is with other issuers."""
    return answer(shown_identities(call.owner.customer.profile))


@router.delete("/{identity_id}", status_code=204, responses=answers(409), openapi_extra=acts(ACCOUNT_WRITE))
async def unlink_own_identity(call: CurrentAccount, identity_id: Named) -> Response:
    """Take an identity away. Wants a recent sign-in; every address is told."""
    await require_recent(call)
    return done(await Linking(call.account).unlink(call.owner, identity_id))
