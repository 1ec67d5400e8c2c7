"""The profile schema: its versions, and which customers have values that it does not allow."""

from fastapi import APIRouter, Response

from limen.identity.administrators import CUSTOMERS_READ
from limen.identity.customers.schema_changes import SchemaChanges
from limen.integration.api.answers import CurrentCall, answer
from limen.integration.api.document import answers, needs
from limen.integration.api.models.customers import FaultyPage, SchemaVersionList, shown_faults, shown_version
from limen.integration.api.paging import After, PageSize, next_link, position
from limen.integration.api.parts import PREFIX
from limen.integration.api.route import Call, GuardedRoute

_PATH = f"{PREFIX}/profile-schema"
router = APIRouter(prefix=_PATH, route_class=GuardedRoute, tags=["customers"])


def _use(call: Call) -> SchemaChanges:
    parts, tenant = call.parts, call.desk.tenant
    directory, settings = parts.directory_for(tenant.id), tenant.settings.profile
    return SchemaChanges(tenant.id, parts.begin, parts.reading, directory, parts.clock, settings)


@router.get("/versions", response_model=SchemaVersionList, responses=answers(), openapi_extra=needs(CUSTOMERS_READ))
async def list_schema_versions(call: CurrentCall) -> Response:
    """List every version of the attributes, the newest first, and how far the customers were brought up to it."""
    return answer(SchemaVersionList(items=[shown_version(one) for one in await _use(call).versions()]))


@router.get("/faults", response_model=FaultyPage, responses=answers(), openapi_extra=needs(CUSTOMERS_READ))
async def list_faults(call: CurrentCall, after: After = "", size: PageSize = 50) -> Response:
    """List the customers with values that the schema does not allow. They are kept until somebody changes them."""
    found, count = await _use(call).faults(after=position(after), limit=size + 1)
    items = shown_faults(found)
    last = items[size - 1].customer_id if len(items) > size else ""
    return answer(
        FaultyPage(items=items[:size], customers=count, next=next_link(f"{call.prefix}{_PATH}/faults", last, size))
    )
