"""Purposes: what the tenant asks its customers for, in versions that never change."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from limen.identity.administrators import CONSENTS_READ, CONSENTS_WRITE
from limen.identity.consents.purposes import Purpose, Version
from limen.identity.consents.register import Register
from limen.integration.api.answers import CurrentCall, IfMatch, answer, expected_version, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.consents import (
    PurposeList,
    PurposeNew,
    PurposeShown,
    TermsSent,
    VersionList,
    shown_purpose,
    shown_version,
)
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.ids import PurposeId

_PATH = f"{PREFIX}/purposes"
router = APIRouter(prefix=_PATH, route_class=GuardedRoute, tags=["consents"])
Id = Annotated[str, identified(PurposeId, "purpose_id")]


def _use(call: Call) -> Register:
    parts = call.parts
    return Register(call.desk.tenant.id, parts.begin, parts.reading, parts.clock)


@router.get("", response_model=PurposeList, responses=answers(), openapi_extra=needs(CONSENTS_READ))
async def list_purposes(call: CurrentCall) -> Response:
    """List every purpose, oldest first."""
    return answer(PurposeList(items=[shown_purpose(one) for one in await _use(call).all()]))


@router.post(
    "",
    status_code=201,
    response_model=PurposeShown,
    responses=answers(409, body=True),
    openapi_extra=needs(CONSENTS_WRITE),
)
async def create_purpose(
    call: CurrentCall, request: Request, body: PurposeNew, idempotency_key: IdempotencyKey = None
) -> Response:
    """Make a purpose with its first version."""

    async def work() -> Response:
        now = call.parts.clock.now()
        purpose = Purpose(
            id=PurposeId.new(call.parts.clock, call.parts.entropy),
            name=body.name,
            kind=body.kind,
            channel=body.channel,
            party=body.party,
            current=Version(1, body.terms(), now),
            counts_from=1,
            created_at=now,
        )
        made = ok(await _use(call).create(purpose, call.actor))
        return answer(shown_purpose(made), 1, status=201, location=f"{call.prefix}{_PATH}/{made.id}")

    return await once(call, request, idempotency_key, work)


@router.get("/{purpose_id}", response_model=PurposeShown, responses=answers(), openapi_extra=needs(CONSENTS_READ))
async def read_purpose(call: CurrentCall, purpose_id: Id) -> Response:
    """Read a purpose and its newest version, whose number is the ETag."""
    found = ok(await _use(call).get(PurposeId(purpose_id)))
    return answer(shown_purpose(found), found.current.number)


@router.get(
    "/{purpose_id}/versions", response_model=VersionList, responses=answers(), openapi_extra=needs(CONSENTS_READ)
)
async def list_purpose_versions(call: CurrentCall, purpose_id: Id) -> Response:
    """List every version of a purpose, oldest first."""
    found = ok(await _use(call).versions(PurposeId(purpose_id)))
    return answer(VersionList(items=[shown_version(one) for one in found]))


@router.post(
    "/{purpose_id}/versions",
    status_code=201,
    response_model=PurposeShown,
    responses=answers(409, 412, 428, body=True),
    openapi_extra=needs(CONSENTS_WRITE),
)
async def publish_purpose_version(
    call: CurrentCall, purpose_id: Id, body: TermsSent, if_match: IfMatch = None
) -> Response:
    """Publish the next version. Where it `asks_again`, customers decide anew; a required one at their next sign-in."""
    expected = expected_version(if_match)
    found = ok(await _use(call).publish(PurposeId(purpose_id), body.terms(), call.actor, expected=expected))
    return answer(shown_purpose(found), found.current.number, status=201, location=f"{call.prefix}{_PATH}/{found.id}")


@router.delete("/{purpose_id}", status_code=204, responses=answers(412, 428), openapi_extra=needs(CONSENTS_WRITE))
async def retire_purpose(call: CurrentCall, purpose_id: Id, if_match: IfMatch = None) -> Response:
    """Retire a purpose: it is asked no more and allows nothing. Its versions, and what was decided, stay."""
    ok(await _use(call).retire(PurposeId(purpose_id), call.actor, expected=expected_version(if_match)))
    return Response(status_code=204)
