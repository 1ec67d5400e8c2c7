"""Initial access tokens: who may register clients by themselves (RFC 7591 §1.2)."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from limen.access.clients.dynamic.initial import InitialTokenOffice
from limen.identity.administrators import CLIENTS_READ, CLIENTS_WRITE
from limen.integration.api.answers import CurrentCall, answer, done, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.initial_tokens import (
    InitialTokenMade,
    InitialTokenNew,
    InitialTokenPage,
    made,
    shown,
)
from limen.integration.api.paging import After, PageSize, next_link, position
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.ids import InitialTokenId

_PATH = f"{PREFIX}/initial-access-tokens"
router = APIRouter(prefix=_PATH, route_class=GuardedRoute, tags=["clients"])
TokenId = Annotated[str, identified(InitialTokenId)]


def _use(call: Call) -> InitialTokenOffice:
    parts = call.parts
    return InitialTokenOffice(
        call.desk.tenant.id, parts.begin, parts.reading, parts.keyring, parts.clock, parts.entropy
    )


@router.get("", response_model=InitialTokenPage, responses=answers(), openapi_extra=needs(CLIENTS_READ))
async def list_initial_access_tokens(call: CurrentCall, after: After = "", size: PageSize = 50) -> Response:
    """List initial access tokens, oldest first. Their texts are never shown again."""
    found = await _use(call).list(after=position(after), limit=size + 1)
    last = found[size - 1].id if len(found) > size else ""
    following = next_link(f"{call.prefix}{_PATH}", last, size)
    return answer(InitialTokenPage(items=[shown(token) for token in found[:size]], next=following))


@router.post(
    "",
    status_code=201,
    response_model=InitialTokenMade,
    responses=answers(409, body=True),
    openapi_extra=needs(CLIENTS_WRITE),
)
async def create_initial_access_token(
    call: CurrentCall, request: Request, body: InitialTokenNew, idempotency_key: IdempotencyKey = None
) -> Response:
    """Make an initial access token. Its text is shown in this answer and never again."""

    async def work() -> Response:
        token = ok(await _use(call).create(body.label, call.actor, hours=body.hours, uses=body.uses))
        return answer(made(token), status=201)

    return await once(call, request, idempotency_key, work)


@router.delete("/{token_id}", status_code=204, responses=answers(), openapi_extra=needs(CLIENTS_WRITE))
async def delete_initial_access_token(call: CurrentCall, token_id: TokenId) -> Response:
    """Withdraw an initial access token. Clients that it registered stay."""
    return done(await _use(call).delete(token_id, call.actor))
