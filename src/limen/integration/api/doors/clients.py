"""Clients."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limen.access.clients.registration import Registration
from limen.identity.administrators import CLIENTS_READ, CLIENTS_WRITE
from limen.integration.api.answers import CurrentCall, IfMatch, answer, expected_version, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.clients import (
    ClientMade,
    ClientNew,
    ClientPage,
    ClientPatch,
    ClientShown,
    Rotation,
    applied,
    made,
    shown,
)
from limen.integration.api.paging import After, PageSize, next_link, position
from limen.integration.api.parts import PREFIX
from limen.integration.api.route import Call, GuardedRoute

router = APIRouter(prefix=f"{PREFIX}/clients", route_class=GuardedRoute, tags=["clients"])
ClientId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$")]


def _use(call: Call) -> Registration:
    parts = call.parts
    return Registration(
        call.desk.tenant.id,
        parts.begin,
        parts.reading,
        parts.keyring,
        parts.clock,
        parts.entropy,
        call.desk.outgoing,
    )


@router.get("", response_model=ClientPage, responses=answers(), openapi_extra=needs(CLIENTS_READ))
async def list_clients(call: CurrentCall, after: After = "", size: PageSize = 50) -> Response:
    """List clients, oldest first."""
    found = await _use(call).list(after=position(after), limit=size + 1)
    last = found[size - 1].key if len(found) > size else ""
    following = next_link(f"{call.prefix}{PREFIX}/clients", last, size)
    return answer(ClientPage(items=[shown(client) for client in found[:size]], next=following))


@router.post(
    "",
    status_code=201,
    response_model=ClientMade,
    responses=answers(409, body=True),
    openapi_extra=needs(CLIENTS_WRITE),
)
async def create_client(
    call: CurrentCall, request: Request, body: ClientNew, idempotency_key: IdempotencyKey = None
) -> Response:
    """Register a client. Its secret is shown in this answer and never again."""

    async def work() -> Response:
        registered = ok(await _use(call).create(body.document(), call.actor, client_id=body.client_id))
        client = registered.client
        location = f"{call.prefix}{PREFIX}/clients/{client.client_id}"
        return answer(made(client, registered.secret), client.version, status=201, location=location)

    return await once(call, request, idempotency_key, work)


@router.get("/{client_id}", response_model=ClientShown, responses=answers(), openapi_extra=needs(CLIENTS_READ))
async def read_client(call: CurrentCall, client_id: ClientId) -> Response:
    """Read a client."""
    client = ok(await _use(call).read(client_id))
    return answer(shown(client), client.version)


@router.patch(
    "/{client_id}",
    response_model=ClientShown,
    responses=answers(412, 428, body=True),
    openapi_extra=needs(CLIENTS_WRITE),
)
async def update_client(
    call: CurrentCall, client_id: ClientId, body: ClientPatch, if_match: IfMatch = None
) -> Response:
    """Change a client; what is absent stays."""
    version = expected_version(if_match)
    client = ok(
        await _use(call).update(
            client_id, lambda document: applied(document, body), call.actor, expected_version=version
        )
    )
    return answer(shown(client), client.version)


@router.delete("/{client_id}", status_code=204, responses=answers(412, 428), openapi_extra=needs(CLIENTS_WRITE))
async def delete_client(call: CurrentCall, client_id: ClientId, if_match: IfMatch = None) -> Response:
    """Remove a client with its grants and tokens."""
    ok(await _use(call).delete(client_id, call.actor, expected_version=expected_version(if_match)))
    return Response(status_code=204)


@router.post(
    "/{client_id}/secret",
    response_model=ClientMade,
    responses=answers(409, body=True),
    openapi_extra=needs(CLIENTS_WRITE),
)
async def rotate_client_secret(
    call: CurrentCall,
    request: Request,
    client_id: ClientId,
    body: Rotation | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Give the client another secret. It is shown in this answer and never again."""

    async def work() -> Response:
        registered = ok(await _use(call).rotate_secret(client_id, call.actor, overlap=(body or Rotation()).seconds))
        return answer(made(registered.client, registered.secret), registered.client.version)

    return await once(call, request, idempotency_key, work)
