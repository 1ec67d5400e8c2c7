"""Imports: some hundreds of customers in one request, and what became of the files of the command line."""

from collections.abc import Iterator, Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from limen.access.imports.records import Refused as RefusedRow
from limen.access.imports.run import Importing, Row
from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.idempotency import IdempotencyKey, once
from limen.integration.api.models.imports import (
    ImportNew,
    ImportPage,
    ImportShown,
    RefusalPage,
    shown,
    shown_refusal,
)
from limen.integration.api.paging import After, PageSize, next_link, position
from limen.integration.api.parts import PREFIX
from limen.integration.api.paths import identified
from limen.integration.api.problems import Refused
from limen.integration.api.route import Call, GuardedRoute
from limen.integration.imports.jsonl import arrival
from limen.integration.imports.picking import Members, Unfit
from limen.kernel.encoding import sha256
from limen.kernel.errors import NotFound
from limen.kernel.ids import ImportId

_PATH = f"{PREFIX}/imports"
router = APIRouter(prefix=_PATH, route_class=GuardedRoute, tags=["customers"])
Id = Annotated[str, identified(ImportId, "import_id")]
_GONE = NotFound("import_not_found")


@router.get("", response_model=ImportPage, responses=answers(), openapi_extra=needs(CUSTOMERS_READ))
async def list_imports(call: CurrentCall, after: After = "", limit: PageSize = 50) -> Response:
    """List imports of the last 90 days, oldest first, those of the command line among them."""
    begin = position(after)
    async with call.parts.reading(call.desk.tenant.id) as unit:
        found = await unit.imports.list(after=begin, limit=limit + 1)
    last = found[limit - 1].id if len(found) > limit else ""
    path = f"{call.prefix}{_PATH}"
    return answer(ImportPage(items=[shown(one) for one in found[:limit]], next=next_link(path, last, limit)))


@router.post(
    "",
    status_code=201,
    response_model=ImportShown,
    responses=answers(409, body=True),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def import_customers(
    call: CurrentCall, request: Request, body: ImportNew, idempotency_key: IdempotencyKey = None
) -> Response:
    """Bring customers in, up to 500 in a request. Rows that will not do are refused and the others go in.

    Sent again it changes nothing: who is there already stays as they are. Each weak hash takes a turn in the hash
    pool, where people who sign in wait as well; `limen import` is for files.
    """

    async def work() -> Response:
        importing = _use(call)
        digest = sha256(await request.body()).hex()
        started = await importing.start(digest, "jsonl", resume=False)
        done = ok(await importing.run(started, _rows(body)))
        return answer(shown(done), status=201, location=f"{call.prefix}{_PATH}/{done.id}")

    return await once(call, request, idempotency_key, work)


@router.get("/{import_id}", response_model=ImportShown, responses=answers(), openapi_extra=needs(CUSTOMERS_READ))
async def read_import(call: CurrentCall, import_id: Id) -> Response:
    """Read how far an import has come."""
    async with call.parts.reading(call.desk.tenant.id) as unit:
        found = await unit.imports.get(ImportId(import_id))
    if found is None:
        raise Refused(_GONE)
    return answer(shown(found))


@router.get(
    "/{import_id}/refusals", response_model=RefusalPage, responses=answers(), openapi_extra=needs(CUSTOMERS_READ)
)
async def list_import_refusals(
    call: CurrentCall,
    import_id: Id,
    after_row: Annotated[int, Query(ge=0, le=1 << 53, description="The row behind which to go on.")] = 0,
    limit: PageSize = 50,
) -> Response:
    """List the rows that an import refused, in the order of the file; of one row all that is wrong with it."""
    async with call.parts.reading(call.desk.tenant.id) as unit:
        if await unit.imports.get(ImportId(import_id)) is None:
            raise Refused(_GONE)
        found = await unit.imports.refusals(ImportId(import_id), after=(after_row, _LAST_FIELD), limit=limit + _WIDEST)
    shown_rows, following = _page(found, limit)
    path = f"{call.prefix}{_PATH}/{import_id}/refusals"
    link = f"{path}?{urlencode({'after_row': following, 'limit': limit})}" if following else None
    return answer(RefusalPage(items=[shown_refusal(one) for one in shown_rows], next=link))


_LAST_FIELD = "\U0010ffff"
_WIDEST = 64
"""More fields of one row are never wrong, so that a page that ends with a row can always be told."""


def _page(found: Sequence[RefusedRow], limit: int) -> tuple[list[RefusedRow], int]:
    """Return what fits into a page without parting a row, and the row behind which the next one begins, or 0."""
    rows = list(found)
    if len(rows) <= limit:
        return rows, 0
    last = rows[limit - 1].row
    whole = [one for one in rows if one.row <= last]
    return whole, last if len(rows) > len(whole) else 0


def _use(call: Call) -> Importing:
    parts = call.parts
    return Importing(
        call.desk.tenant,
        parts.begin,
        parts.reading,
        parts.keyring,
        parts.hasher,
        parts.clock,
        parts.entropy,
        call.actor,
    )


def _rows(body: ImportNew) -> Iterator[Row]:
    for number, given in enumerate(body.customers, 1):
        try:
            yield arrival(Members(given), number, number)
        except Unfit as unfit:
            yield RefusedRow(number, number, unfit.field[:64], unfit.code)
