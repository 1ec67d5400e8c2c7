"""A customer's own factors: seen, renamed and removed. They are set up on the account page, where a browser is."""

from typing import Annotated

from fastapi import APIRouter, Response

from limen.access.account.factors import factors_of, remove_factor, rename_key
from limen.identity.customers.scopes import ACCOUNT_READ, ACCOUNT_WRITE
from limen.integration.api.account import AccountRoute, CurrentAccount, require_recent
from limen.integration.api.answers import answer, done, ok
from limen.integration.api.document import acts, answers
from limen.integration.api.models.account import (
    FactorOwned,
    FactorPatch,
    FactorsOwned,
    shown_factor,
    shown_factors,
)
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.kernel.ids import FactorId

router = APIRouter(prefix=f"{PREFIX}/account/factors", route_class=AccountRoute, tags=["account"])
Factor = Annotated[str, identified(FactorId, "factor_id")]


@router.get("", response_model=FactorsOwned, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_own_factors(call: CurrentAccount) -> Response:
    """List one's passkeys, security keys and second factors. No secret and no code is ever shown."""
    return answer(shown_factors(await factors_of(call.account, call.owner), call.owner.vault))


@router.patch(
    "/{factor_id}",
    response_model=FactorOwned,
    responses=answers(409, body=True),
    openapi_extra=acts(ACCOUNT_WRITE),
)
async def rename_own_factor(call: CurrentAccount, factor_id: Factor, body: FactorPatch) -> Response:
    """Give a passkey or security key another name. Wants a recent sign-in."""
    await require_recent(call, is_harmless=True)
    renamed = ok(await rename_key(call.account, call.owner, factor_id, body.name))
    return answer(shown_factor(renamed, call.owner.vault))


@router.delete("/{factor_id}", status_code=204, responses=answers(409), openapi_extra=acts(ACCOUNT_WRITE))
async def remove_own_factor(call: CurrentAccount, factor_id: Factor) -> Response:
    """Remove a factor, and with the last second step the recovery codes. Wants a recent sign-in; the owner is told."""
    await require_recent(call)
    return done(await remove_factor(call.account, call.owner, factor_id))
