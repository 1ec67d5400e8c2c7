"""Types of ``authorization_details`` (RFC 9396)."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from limen.access.resources.catalogue import DETAIL_TYPES, Catalogue
from limen.access.resources.records import DetailTypeDocument
from limen.identity.administrators import RESOURCES_READ, RESOURCES_WRITE
from limen.integration.api.answers import CurrentCall, IfMatch, answer, expected_version, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.resources import (
    DetailTypeNew,
    DetailTypePage,
    DetailTypePatch,
    DetailTypeShown,
    applied,
    document,
    members,
)
from limen.integration.api.paging import After, PageSize, next_link, position
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.ids import DetailTypeId

_PATH = f"{PREFIX}/authorization-details-types"
router = APIRouter(prefix=_PATH, route_class=GuardedRoute, tags=["resource servers"])
EntryId = Annotated[str, identified(DetailTypeId)]


def _use(call: Call) -> Catalogue[DetailTypeDocument]:
    parts, tenant_id = call.parts, call.desk.tenant.id
    return Catalogue(DETAIL_TYPES, tenant_id, parts.begin, parts.reading, parts.keyring, parts.clock, parts.entropy)


@router.get("", response_model=DetailTypePage, responses=answers(), openapi_extra=needs(RESOURCES_READ))
async def list_authorization_details_types(call: CurrentCall, after: After = "", size: PageSize = 50) -> Response:
    """List types of authorization details, oldest first."""
    found = await _use(call).list(after=position(after), limit=size + 1)
    last = found[size - 1].id if len(found) > size else ""
    following = next_link(f"{call.prefix}{_PATH}", last, size)
    return answer(DetailTypePage(items=[DetailTypeShown(**members(entry)) for entry in found[:size]], next=following))


@router.post(
    "",
    status_code=201,
    response_model=DetailTypeShown,
    responses=answers(409, body=True),
    openapi_extra=needs(RESOURCES_WRITE),
)
async def create_authorization_details_type(
    call: CurrentCall, request: Request, body: DetailTypeNew, idempotency_key: IdempotencyKey = None
) -> Response:
    """Register a type of authorization details."""

    async def work() -> Response:
        entry = ok(await _use(call).create(document(DetailTypeDocument, body), call.actor))
        location = f"{call.prefix}{_PATH}/{entry.id}"
        return answer(DetailTypeShown(**members(entry)), entry.version, status=201, location=location)

    return await once(call, request, idempotency_key, work)


@router.get("/{entry_id}", response_model=DetailTypeShown, responses=answers(), openapi_extra=needs(RESOURCES_READ))
async def read_authorization_details_type(call: CurrentCall, entry_id: EntryId) -> Response:
    """Read a type of authorization details."""
    entry = ok(await _use(call).read(entry_id))
    return answer(DetailTypeShown(**members(entry)), entry.version)


@router.patch(
    "/{entry_id}",
    response_model=DetailTypeShown,
    responses=answers(412, 428, body=True),
    openapi_extra=needs(RESOURCES_WRITE),
)
async def update_authorization_details_type(
    call: CurrentCall, entry_id: EntryId, body: DetailTypePatch, if_match: IfMatch = None
) -> Response:
    """Change a type of authorization details; what is absent stays."""
    version = expected_version(if_match)
    entry = ok(
        await _use(call).update(entry_id, lambda before: applied(before, body), call.actor, expected_version=version)
    )
    return answer(DetailTypeShown(**members(entry)), entry.version)


@router.delete("/{entry_id}", status_code=204, responses=answers(412, 428), openapi_extra=needs(RESOURCES_WRITE))
async def delete_authorization_details_type(call: CurrentCall, entry_id: EntryId, if_match: IfMatch = None) -> Response:
    """Remove a type of authorization details."""
    ok(await _use(call).delete(entry_id, call.actor, expected_version=expected_version(if_match)))
    return Response(status_code=204)
