"""A customer's own factors: seen, set up, renamed and removed; and recovery codes."""

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response

from limen.access.account.factors import factors_of, remove_factor, rename_key
from limen.access.journeys.messages.sent_codes import sms_offered
from limen.access.journeys.steps import authenticator_app, mailed_codes, passkey, phone
from limen.access.journeys.steps.recovery_codes import RENEW
from limen.identity.customers.scopes import ACCOUNT_CREDENTIALS, ACCOUNT_READ, ACCOUNT_WRITE
from limen.integration.api.account import AccountRoute, CurrentAccount, require_recent
from limen.integration.api.answers import answer, done, ok
from limen.integration.api.document import acts, answers
from limen.integration.api.errands import begun, journeys_of, offered
from limen.integration.api.idempotency import IdempotencyKey
from limen.integration.api.models.account import (
    FactorOwned,
    FactorPatch,
    FactorsOwned,
    shown_factor,
    shown_factors,
)
from limen.integration.api.models.changes import ChangeShown, FactorSent
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.problems import Refused
from limen.kernel.errors import Invalid
from limen.kernel.ids import FactorId

router = APIRouter(prefix=f"{PREFIX}/account", route_class=AccountRoute, tags=["account"])
Factor = Annotated[str, identified(FactorId, "factor_id")]
_TASKS: Final = {
    "totp": authenticator_app.ADD,
    "passkey": passkey.ADD,
    "security_key": passkey.ADD_KEY,
    "phone": phone.ADD,
    "email": mailed_codes.ADD,
}
_NUMBER: Final = Invalid("invalid_request", fields={"number": "only_of_a_phone"})


@router.get("/factors", response_model=FactorsOwned, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_own_factors(call: CurrentAccount) -> Response:
    """List one's passkeys, security keys and second factors. No secret and no code is ever shown."""
    return answer(shown_factors(await factors_of(call.account, call.owner), call.owner.vault))


@router.post(
    "/factors",
    status_code=201,
    response_model=ChangeShown,
    responses=answers(409, 412, 503, body=True),
    openapi_extra=acts(ACCOUNT_CREDENTIALS),
)
async def add_own_factor(
    call: CurrentAccount, request: Request, body: FactorSent, idempotency_key: IdempotencyKey = None
) -> Response:
    """Begin to set a factor up. Wants a recent sign-in.

    The change waits for a code of the app or from the number, or for what the authenticator makes of its options; codes
    by mail are on at once. With the first second factor come recovery codes.
    """
    if (body.number is not None) != (body.kind == "phone"):
        raise Refused(_NUMBER)
    settings = call.desk.tenant.settings
    if body.kind in {"passkey", "security_key"}:
        offered(settings.sign_in.passkey)
        return await begun(call, request, idempotency_key, _TASKS[body.kind], None)
    if body.kind == "email":
        offered(settings.email_second_factor)
    if body.kind == "phone":
        offered(sms_offered(await journeys_of(call)))
    form = {"phone": body.number} if body.number is not None else {}
    return await begun(call, request, idempotency_key, _TASKS[body.kind], form)


@router.post(
    "/recovery-codes",
    status_code=201,
    response_model=ChangeShown,
    responses=answers(409, 412),
    openapi_extra=acts(ACCOUNT_CREDENTIALS),
)
async def make_recovery_codes(call: CurrentAccount, request: Request) -> Response:
    """Make ten new recovery codes, said in this answer alone; those from before are void. Wants a recent sign-in.

    Whoever lost the answer makes them anew: no key brings it back.
    """
    return await begun(call, request, None, RENEW, {})


@router.patch(
    "/factors/{factor_id}",
    response_model=FactorOwned,
    responses=answers(409, body=True),
    openapi_extra=acts(ACCOUNT_WRITE),
)
async def rename_own_factor(call: CurrentAccount, factor_id: Factor, body: FactorPatch) -> Response:
    """Give a passkey or security key another name. Wants a recent sign-in."""
    await require_recent(call, is_harmless=True)
    renamed = ok(await rename_key(call.account, call.owner, factor_id, body.name))
    return answer(shown_factor(renamed, call.owner.vault))


@router.delete("/factors/{factor_id}", status_code=204, responses=answers(409), openapi_extra=acts(ACCOUNT_WRITE))
async def remove_own_factor(call: CurrentAccount, factor_id: Factor) -> Response:
    """Remove a factor, and with the last second step the recovery codes. Wants a recent sign-in; the owner is told."""
    await require_recent(call)
    return done(await remove_factor(call.account, call.owner, factor_id))
