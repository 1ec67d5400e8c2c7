"""Search indexes: where those stand that the profile schema asks for, and how one is built anew under a newer key."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from limen.identity.administrators import CUSTOMERS_READ, CUSTOMERS_WRITE
from limen.identity.customers.indexing import Indexing
from limen.identity.profiles.schema import searched
from limen.integration.api.answers import CurrentCall, answer, ok
from limen.integration.api.document import answers, needs
from limen.integration.api.models.customers import SearchIndexList, SearchIndexShown, shown_index
from limen.integration.api.parts import PREFIX
from limen.integration.api.route import Call, GuardedRoute

router = APIRouter(prefix=f"{PREFIX}/search-indexes", route_class=GuardedRoute, tags=["customers"])
Field = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,59}$")]


def _use(call: Call) -> Indexing:
    parts, tenant = call.parts, call.desk.tenant
    directory, wanted = parts.directory_for(tenant.id), searched(tenant.settings.profile)
    return Indexing(tenant.id, parts.begin, parts.reading, directory, parts.clock, wanted)


@router.get("", response_model=SearchIndexList, responses=answers(), openapi_extra=needs(CUSTOMERS_READ))
async def list_search_indexes(call: CurrentCall) -> Response:
    """List every search index, and how far it has come."""
    return answer(SearchIndexList(items=[shown_index(index) for index in await _use(call).all()]))


@router.post(
    "/{field}/rebuild",
    status_code=202,
    response_model=SearchIndexShown,
    responses=answers(409),
    openapi_extra=needs(CUSTOMERS_WRITE),
)
async def rebuild_search_index(call: CurrentCall, field: Field) -> Response:
    """Build an index anew under the tenant's newest key. The one there is answers until then, and is removed."""
    return answer(shown_index(ok(await _use(call).rebuild(field, call.actor))), status=202)
