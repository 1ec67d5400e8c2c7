"""What a customer asks for by right: to correct, to restrict, to object; and a copy of everything to keep.

A copy at once is ``/account/data``, the end of the account ``/account/deletion``; their requests are listed here too.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response

from limen.access.account import archive as archiving
from limen.access.account import locking
from limen.identity.customers.scopes import ACCOUNT_READ, ACCOUNT_WRITE
from limen.identity.rights.records import Law, PrivacyRequest, PrivacyRequestId
from limen.identity.rights.requests import Asked, Requests
from limen.integration.api.account import AccountCall, AccountRoute, CurrentAccount, require_recent
from limen.integration.api.answers import answer, ok
from limen.integration.api.document import acts, answers
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.privacy import (
    ArchiveShown,
    OwnRequestList,
    OwnRequestSent,
    OwnRequestShown,
    PassphraseSent,
    shown_archive,
    shown_own_request,
)
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.problems import Refused
from limen.kernel.errors import NotFound

router = APIRouter(prefix=f"{PREFIX}/account", route_class=AccountRoute, tags=["account"])
Id = Annotated[str, identified(PrivacyRequestId, "request_id")]
_NO_REQUEST: Final = NotFound("privacy_request_not_found")
_NO_ARCHIVE: Final = NotFound("archive_not_found")


def _use(call: AccountCall) -> Requests:
    parts = call.parts
    return Requests(call.desk.tenant.id, parts.begin, parts.reading, parts.keyring, parts.clock, parts.entropy)


async def _mine(call: AccountCall) -> list[PrivacyRequest]:
    async with call.parts.reading(call.desk.tenant.id) as unit:
        return list(await unit.privacy_requests.of_customer(call.owner.customer.id))


async def _show(call: AccountCall, request_id: str, status: int = 200, location: str = "") -> Response:
    found = next((one for one in await _mine(call) if one.id == request_id), None)
    if found is None:
        raise Refused(_NO_REQUEST)
    said = await _use(call).said(found)
    return answer(shown_own_request(found, said), status=status, location=location)


@router.get("/privacy-requests", response_model=OwnRequestList, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def list_own_privacy_requests(call: CurrentAccount) -> Response:
    """List what one asked for by right, newest first."""
    return answer(OwnRequestList(items=[shown_own_request(one) for one in await _mine(call)]))


@router.get(
    "/privacy-requests/{request_id}",
    response_model=OwnRequestShown,
    responses=answers(),
    openapi_extra=acts(ACCOUNT_READ),
)
async def read_own_privacy_request(call: CurrentAccount, request_id: Id) -> Response:
    """Read one of them with what was said and answered."""
    return await _show(call, request_id)


@router.post(
    "/privacy-requests",
    status_code=201,
    response_model=OwnRequestShown,
    responses=answers(409, body=True),
    openapi_extra=acts(ACCOUNT_WRITE),
)
async def ask_by_right(
    call: CurrentAccount, request: Request, body: OwnRequestSent, idempotency_key: IdempotencyKey = None
) -> Response:
    """Ask for data to be corrected, to be restricted, or object to a use. One request of a kind is open at a time."""

    async def work() -> Response:
        law = Law(call.desk.tenant.settings.privacy.law)
        asked = Asked(call.owner.customer.id, body.as_kind, law, body.words.replace("\r\n", "\n").strip())
        made = ok(await _use(call).ask(asked, "customer", call.actor))
        return await _show(call, made.id, 201, f"{call.prefix}{PREFIX}/account/privacy-requests/{made.id}")

    async def recall(location: str) -> Response:
        return await _show(call, location.rpartition("/")[2])

    return await once(call, request, idempotency_key, work, recall)


@router.put("/archive", response_model=ArchiveShown, responses=answers(), openapi_extra=acts(ACCOUNT_WRITE))
async def ask_for_archive(call: CurrentAccount) -> Response:
    """Ask for a copy of everything, to keep: made in the background, told by mail. Where there is one, it stands."""
    parts, days = call.parts, call.desk.tenant.settings.account.export_days
    async with parts.begin(call.desk.tenant.id) as unit:
        unit.seal_with(call.owner.vault)
        await archiving.ask(unit, call.owner, parts.clock.now(), days)
    return await read_archive(call)


@router.get("/archive", response_model=ArchiveShown, responses=answers(), openapi_extra=acts(ACCOUNT_READ))
async def read_archive(call: CurrentAccount) -> Response:
    """Read whether the copy is ready; 404 where nobody asked for one, or it is gone."""
    async with call.parts.reading(call.desk.tenant.id) as unit:
        found = await unit.archives.find(call.owner.customer.id, call.parts.clock.now())
    if found is None:
        raise Refused(_NO_ARCHIVE)
    return answer(shown_archive(found))


_ZIP: Final = {
    "description": "A zip file: the data as JSON, and as a page.",
    "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
}


@router.get(
    "/archive/content",
    responses={**answers(), 200: _ZIP},
    response_class=Response,
    openapi_extra=acts(ACCOUNT_READ),
)
async def fetch_archive(call: CurrentAccount) -> Response:
    """Fetch the copy. Wants a recent sign-in."""
    await require_recent(call)
    return Response(await _content(call), media_type="application/zip")


@router.post(
    "/archive/content",
    responses={**answers(503, body=True), 200: _ZIP},
    response_class=Response,
    openapi_extra=acts(ACCOUNT_READ),
)
async def fetch_locked_archive(call: CurrentAccount, body: PassphraseSent) -> Response:
    """Fetch the copy encrypted with a passphrase (AES-256), which is kept nowhere. Wants a recent sign-in."""
    await require_recent(call)
    passphrase = body.passphrase.get_secret_value()
    judge = locking.Judge(call.desk.tenant.id, call.parts.limiter, call.parts.hasher.pool)
    refusal = await locking.refusal_of(passphrase, call.owner.customer, judge)
    if refusal is not None:
        raise Refused(refusal)
    content = await locking.locked(await _content(call), passphrase)
    return Response(content, media_type="application/zip")


async def _content(call: AccountCall) -> bytes:
    async with call.parts.reading(call.desk.tenant.id) as unit:
        found = await unit.archives.content(call.owner.customer.id, call.parts.clock.now())
    if found is None or found.ready_at is None:
        raise Refused(_NO_ARCHIVE)
    async with call.parts.begin(call.desk.tenant.id) as unit:
        unit.seal_with(call.owner.vault)
        unit.record(call.owner.entry("export.downloaded"))
    return archiving.opened(found, call.owner.vault)
