"""The board of privacy requests with their deadlines, and restrictions and legal holds of customers."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response

from limen.identity.administrators import PRIVACY_READ, PRIVACY_WRITE
from limen.identity.rights.limits import Limits
from limen.identity.rights.records import ACTIONS, Law, LimitKind, PrivacyRequestId, RequestKind
from limen.identity.rights.requests import Asked, Requests
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.privacy import (
    LimitList,
    MoveSent,
    ReasonSent,
    RequestList,
    RequestPage,
    RequestSent,
    RequestShown,
    shown_limit,
    shown_request,
)
from limen.integration.api.paging import After, PageSize, next_link, position
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import CustomerPath, identified
from limen.integration.api.route import Call, GuardedRoute
from limen.kernel.clock import micros, to_datetime
from limen.kernel.ids import CustomerId

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["privacy"])
Id = Annotated[str, identified(PrivacyRequestId, "request_id")]
_BOARD: Final = "/privacy-requests"
_THEIRS: Final = "/customers/{customer_id}/privacy-requests"


def _use(call: Call) -> Requests:
    parts = call.parts
    return Requests(call.desk.tenant.id, parts.begin, parts.reading, parts.keyring, parts.clock, parts.entropy)


def _limits(call: Call) -> Limits:
    parts = call.parts
    return Limits(call.desk.tenant.id, parts.begin, parts.reading, parts.keyring, parts.clock)


async def _show(call: Call, request_id: PrivacyRequestId, status: int = 200, location: str = "") -> Response:
    found = ok(await _use(call).get(request_id))
    said = await _use(call).said(found)
    return answer(shown_request(found, call.parts.clock.now(), said), status=status, location=location)


@router.get(_BOARD, response_model=RequestPage, responses=answers(), openapi_extra=needs(PRIVACY_READ))
async def list_privacy_requests(
    call: CurrentCall,
    state: Annotated[
        Literal["open", "over"], Query(description="`open`: to be answered still; `over`: what became of the others.")
    ] = "open",
    kind: Annotated[RequestKind | None, Query(description="Only requests of this kind.")] = None,
    after: After = "",
    size: PageSize = 50,
) -> Response:
    """List privacy requests by deadline, the most urgent first."""
    seen = position(after)
    async with call.parts.reading(call.desk.tenant.id) as unit:
        last = await unit.privacy_requests.get(PrivacyRequestId(seen)) if seen else None
        place = (last.due_at, str(last.id)) if last is not None else (0, "")
        found = await unit.privacy_requests.board(is_open=state == "open", after=place, limit=size + 1, kind=kind)
    now, page = call.parts.clock.now(), found[:size]
    following = page[-1].id if len(found) > size else ""
    path = f"{call.prefix}{PREFIX}{_BOARD}"
    link = next_link(path, following, size)
    wanted = f"&state={state}" + (f"&kind={kind.value}" if kind is not None else "")
    more = f"{link}{wanted}" if link is not None else None
    return answer(RequestPage(items=[shown_request(one, now) for one in page], next=more))


@router.get(
    f"{_BOARD}/{{request_id}}", response_model=RequestShown, responses=answers(), openapi_extra=needs(PRIVACY_READ)
)
async def read_privacy_request(call: CurrentCall, request_id: Id) -> Response:
    """Read a privacy request with what was said."""
    return await _show(call, PrivacyRequestId(request_id))


@router.post(
    f"{_BOARD}/{{request_id}}/actions",
    response_model=RequestShown,
    responses=answers(409, 412, body=True),
    openapi_extra=needs(PRIVACY_WRITE),
)
async def move_privacy_request(call: CurrentCall, request_id: Id, body: MoveSent) -> Response:
    """Move a privacy request on. What is over stays over."""
    moved = ok(await _use(call).move(PrivacyRequestId(request_id), ACTIONS[body.action], body.answer, call.actor))
    return await _show(call, moved.id)


@router.get(_THEIRS, response_model=RequestList, responses=answers(), openapi_extra=needs(PRIVACY_READ))
async def list_privacy_requests_of_customer(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """List a customer's privacy requests, newest first; those of a customer who was erased too."""
    async with call.parts.reading(call.desk.tenant.id) as unit:
        found = await unit.privacy_requests.of_customer(CustomerId(customer_id))
    now = call.parts.clock.now()
    return answer(RequestList(items=[shown_request(one, now) for one in found]))


@router.post(
    _THEIRS,
    status_code=201,
    response_model=RequestShown,
    responses=answers(409, body=True),
    openapi_extra=needs(PRIVACY_WRITE),
)
async def take_down_privacy_request(
    call: CurrentCall,
    request: Request,
    customer_id: CustomerPath,
    body: RequestSent,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Take down what a customer asked for by letter, mail or telephone."""

    async def work() -> Response:
        law = body.law or Law(call.desk.tenant.settings.privacy.law)
        received_at = micros(body.received_at - to_datetime(0)) if body.received_at is not None else 0
        asked = Asked(CustomerId(customer_id), body.kind, law, body.words, received_at)
        made = ok(await _use(call).ask(asked, "administrator", call.actor))
        return await _show(call, made.id, 201, f"{call.prefix}{PREFIX}{_BOARD}/{made.id}")

    async def recall(location: str) -> Response:
        return await _show(call, PrivacyRequestId(location.rpartition("/")[2]))

    return await once(call, request, idempotency_key, work, recall)


@router.get(
    "/customers/{customer_id}/limits", response_model=LimitList, responses=answers(), openapi_extra=needs(PRIVACY_READ)
)
async def list_limits(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """List what may not be done with a customer's data, and why."""
    found = ok(await _limits(call).of_customer(CustomerId(customer_id)))
    return answer(LimitList(items=[shown_limit(one) for one in found]))


async def _set(call: Call, customer_id: str, kind: LimitKind, reason: str) -> Response:
    ok(await _limits(call).set(CustomerId(customer_id), kind, reason, call.actor))
    return Response(status_code=204)


async def _lift(call: Call, customer_id: str, kind: LimitKind) -> Response:
    ok(await _limits(call).lift(CustomerId(customer_id), kind, call.actor))
    return Response(status_code=204)


@router.put(
    "/customers/{customer_id}/restriction",
    status_code=204,
    responses=answers(412, body=True),
    openapi_extra=needs(PRIVACY_WRITE),
)
async def restrict_customer(call: CurrentCall, customer_id: CustomerPath, body: ReasonSent) -> Response:
    """Restrict a customer's data to being stored. May be repeated.

    Every session and token ends. The customer can sign in to their account; no application gets a code, a token or a
    claim; every question about a consent is answered no; a deletion waits.
    """
    return await _set(call, customer_id, LimitKind.RESTRICTION, body.reason)


@router.delete(
    "/customers/{customer_id}/restriction", status_code=204, responses=answers(), openapi_extra=needs(PRIVACY_WRITE)
)
async def lift_restriction(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """Lift a restriction. May be repeated."""
    return await _lift(call, customer_id, LimitKind.RESTRICTION)


@router.put(
    "/customers/{customer_id}/legal-hold",
    status_code=204,
    responses=answers(412, body=True),
    openapi_extra=needs(PRIVACY_WRITE),
)
async def set_legal_hold(call: CurrentCall, customer_id: CustomerPath, body: ReasonSent) -> Response:
    """Keep a customer's data from being deleted, by whomever. May be repeated."""
    return await _set(call, customer_id, LimitKind.HOLD, body.reason)


@router.delete(
    "/customers/{customer_id}/legal-hold", status_code=204, responses=answers(), openapi_extra=needs(PRIVACY_WRITE)
)
async def lift_legal_hold(call: CurrentCall, customer_id: CustomerPath) -> Response:
    """Lift a legal hold: a deletion that waited goes on. May be repeated."""
    return await _lift(call, customer_id, LimitKind.HOLD)
