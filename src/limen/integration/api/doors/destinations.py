"""Where the audit log is streamed to."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from limen.identity.administrators import AUDIT_READ, AUDIT_WRITE
from limen.integration.api.answers import CurrentCall, IfMatch, answer, expected_version, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.destinations import (
    DeadLetterList,
    DestinationNew,
    DestinationPage,
    DestinationPatch,
    DestinationShown,
    DestinationTested,
    applied,
    document,
    secret_in,
    shown,
    shown_letter,
    tested,
)
from limen.integration.api.paging import After, PageSize, next_link, position
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.problems import Refused
from limen.integration.api.route import Call, GuardedRoute
from limen.integration.streaming.manage import Destinations
from limen.kernel.errors import NotFound
from limen.kernel.ids import DestinationId

_PATH = f"{PREFIX}/audit-destinations"
_LETTERS = 200
router = APIRouter(prefix=_PATH, route_class=GuardedRoute, tags=["audit"])
DestinationPath = Annotated[str, identified(DestinationId)]


def _use(call: Call) -> Destinations:
    parts, tenant = call.parts, call.desk.tenant
    return Destinations(tenant, parts.begin, parts.reading, parts.keyring, parts.send_audit, parts.clock, parts.entropy)


@router.get("", response_model=DestinationPage, responses=answers(), openapi_extra=needs(AUDIT_READ))
async def list_audit_destinations(call: CurrentCall, after: After = "", size: PageSize = 50) -> Response:
    """List destinations, oldest first."""
    found = await _use(call).list(after=position(after), limit=size + 1)
    last = found[size - 1].id if len(found) > size else ""
    following = next_link(f"{call.prefix}{_PATH}", last, size)
    return answer(DestinationPage(items=[shown(one) for one in found[:size]], next=following))


@router.post(
    "",
    status_code=201,
    response_model=DestinationShown,
    responses=answers(409, body=True),
    openapi_extra=needs(AUDIT_WRITE),
)
async def create_audit_destination(
    call: CurrentCall, request: Request, body: DestinationNew, idempotency_key: IdempotencyKey = None
) -> Response:
    """Register a destination. To send personal parts takes the scope `limen:audit:personal` as well."""

    async def work() -> Response:
        made = ok(await _use(call).create(document(body), call.actor, secret=secret_in(body)))
        return answer(shown(made), made.version, status=201, location=f"{call.prefix}{_PATH}/{made.id}")

    return await once(call, request, idempotency_key, work)


@router.get("/{destination_id}", response_model=DestinationShown, responses=answers(), openapi_extra=needs(AUDIT_READ))
async def read_audit_destination(call: CurrentCall, destination_id: DestinationPath) -> Response:
    """Read a destination, and how it fares."""
    found = ok(await _use(call).read(destination_id))
    return answer(shown(found), found.version)


@router.patch(
    "/{destination_id}",
    response_model=DestinationShown,
    responses=answers(412, 428, body=True),
    openapi_extra=needs(AUDIT_WRITE),
)
async def update_audit_destination(
    call: CurrentCall, destination_id: DestinationPath, body: DestinationPatch, if_match: IfMatch = None
) -> Response:
    """Change a destination; what is absent stays. What failed before is tried again at once."""
    changed = ok(
        await _use(call).update(
            destination_id,
            lambda before: applied(before, body),
            call.actor,
            expected_version=expected_version(if_match),
            secret=secret_in(body),
        )
    )
    return answer(shown(changed), changed.version)


@router.delete("/{destination_id}", status_code=204, responses=answers(412, 428), openapi_extra=needs(AUDIT_WRITE))
async def delete_audit_destination(
    call: CurrentCall, destination_id: DestinationPath, if_match: IfMatch = None
) -> Response:
    """Remove a destination."""
    ok(await _use(call).delete(destination_id, call.actor, expected_version=expected_version(if_match)))
    return Response(status_code=204)


@router.post(
    "/{destination_id}/test", response_model=DestinationTested, responses=answers(), openapi_extra=needs(AUDIT_WRITE)
)
async def test_audit_destination(call: CurrentCall, destination_id: DestinationPath) -> Response:
    """Send one record `audit_destination.tested` there, now, and say what became of it."""
    outcome = await _use(call).test(destination_id, call.actor)
    if isinstance(outcome, NotFound):
        raise Refused(outcome)
    return answer(tested(outcome))


@router.get(
    "/{destination_id}/dead-letters",
    response_model=DeadLetterList,
    responses=answers(),
    openapi_extra=needs(AUDIT_READ),
)
async def list_dead_letters(call: CurrentCall, destination_id: DestinationPath) -> Response:
    """List the newest records that the destination would not take, whenever they were sent."""
    ok(await _use(call).read(destination_id))
    async with call.parts.reading(call.desk.tenant.id) as unit:
        found = await unit.audit_destinations.dead(destination_id, limit=_LETTERS)
    return answer(DeadLetterList(items=[shown_letter(one) for one in found]))
