"""Resource servers (RFC 8707, RFC 9068 §3)."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from limen.access.resources.catalogue import RESOURCE_SERVERS, Catalogue
from limen.access.resources.records import ResourceDocument
from limen.identity.administrators import RESOURCES_READ, RESOURCES_WRITE
from limen.integration.api.answers import CurrentCall, IfMatch, answer, expected_version, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.resources import (
    ResourceServerNew,
    ResourceServerPage,
    ResourceServerPatch,
    ResourceServerShown,
    applied,
    document,
    members,
)
from limen.integration.api.paging import After, PageSize, next_link, position
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.ids import ResourceId

_PATH = f"{PREFIX}/resource-servers"
router = APIRouter(prefix=_PATH, route_class=GuardedRoute, tags=["resource servers"])
EntryId = Annotated[str, identified(ResourceId)]


def _use(call: Call) -> Catalogue[ResourceDocument]:
    parts, tenant_id = call.parts, call.desk.tenant.id
    return Catalogue(RESOURCE_SERVERS, tenant_id, parts.begin, parts.reading, parts.keyring, parts.clock, parts.entropy)


@router.get("", response_model=ResourceServerPage, responses=answers(), openapi_extra=needs(RESOURCES_READ))
async def list_resource_servers(call: CurrentCall, after: After = "", size: PageSize = 50) -> Response:
    """List resource servers, oldest first."""
    found = await _use(call).list(after=position(after), limit=size + 1)
    last = found[size - 1].id if len(found) > size else ""
    following = next_link(f"{call.prefix}{_PATH}", last, size)
    return answer(
        ResourceServerPage(items=[ResourceServerShown(**members(entry)) for entry in found[:size]], next=following)
    )


@router.post(
    "",
    status_code=201,
    response_model=ResourceServerShown,
    responses=answers(409, body=True),
    openapi_extra=needs(RESOURCES_WRITE),
)
async def create_resource_server(
    call: CurrentCall, request: Request, body: ResourceServerNew, idempotency_key: IdempotencyKey = None
) -> Response:
    """Register a resource server."""

    async def work() -> Response:
        entry = ok(await _use(call).create(document(ResourceDocument, body), call.actor))
        location = f"{call.prefix}{_PATH}/{entry.id}"
        return answer(ResourceServerShown(**members(entry)), entry.version, status=201, location=location)

    return await once(call, request, idempotency_key, work)


@router.get("/{entry_id}", response_model=ResourceServerShown, responses=answers(), openapi_extra=needs(RESOURCES_READ))
async def read_resource_server(call: CurrentCall, entry_id: EntryId) -> Response:
    """Read a resource server."""
    entry = ok(await _use(call).read(entry_id))
    return answer(ResourceServerShown(**members(entry)), entry.version)


@router.patch(
    "/{entry_id}",
    response_model=ResourceServerShown,
    responses=answers(412, 428, body=True),
    openapi_extra=needs(RESOURCES_WRITE),
)
async def update_resource_server(
    call: CurrentCall, entry_id: EntryId, body: ResourceServerPatch, if_match: IfMatch = None
) -> Response:
    """Change a resource server; what is absent stays."""
    version = expected_version(if_match)
    entry = ok(
        await _use(call).update(entry_id, lambda before: applied(before, body), call.actor, expected_version=version)
    )
    return answer(ResourceServerShown(**members(entry)), entry.version)


@router.delete("/{entry_id}", status_code=204, responses=answers(412, 428), openapi_extra=needs(RESOURCES_WRITE))
async def delete_resource_server(call: CurrentCall, entry_id: EntryId, if_match: IfMatch = None) -> Response:
    """Remove a resource server."""
    ok(await _use(call).delete(entry_id, call.actor, expected_version=expected_version(if_match)))
    return Response(status_code=204)
